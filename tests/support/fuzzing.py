"""Schemathesis over a running service: all phases and checks, real accounts behind the calls, everything counted."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import schemathesis
import schemathesis.hooks
from schemathesis.engine import Status, events, from_schema

from support.crowd import CHANCE, CROWD_PASSWORD, NAMES, Crowd, Person, email, phone

FILLED = "Bearer filled-in-before-the-call"
MAX_WAIT = 0.05
# What a schema cannot say: who exists, which code is right, which password was used before.
SEMANTIC = ["2xx", "400", "401", "403", "404", "409", "410", "422", "423", "429", "5xx"]
# The usual ones; 413 for what is too long in all; 410 and 423 where the code or the account is judged before the rest.
REJECTED = ["400", "401", "403", "404", "405", "406", "409", "410", "413", "415", "422", "423", "428", "429", "5xx"]
STRUCTURAL = {"wrong_type", "unknown_member", "required"}
SPOILING = {
    *("close_account", "sign_out", "logout", "end_session", "end_other_sessions", "delete_user", "delete_record"),
    *("change_user_status", "update_user", "verify_new_email", "verify_new_phone"),
    *("change_password", "change_own_password", "reset_password", "set_forgotten_password"),
}
Filler = Callable[["Fuzz"], dict[str, Any]]
BODIES: dict[str, Filler] = {
    "sign_up": lambda f: {"email": email(), "password": CROWD_PASSWORD, **NAMES},
    "signup": lambda f: {"email": email(), "password": CROWD_PASSWORD, **NAMES},
    "register": lambda f: {f.register_by: f.newcomer_name(), "password": CROWD_PASSWORD, **NAMES},
    "create_user": lambda f: {"email": email(), "password": CROWD_PASSWORD, **NAMES},
    "verify": lambda f: f.crowd.proof(),
    "verify_link": lambda f: f.crowd.proof(),
    "resend_verification": lambda f: {"verification": f.crowd.handle()},
    "correct_pending_address": lambda f: {
        "verification": f.crowd.handle(),
        "email": email(),
        "password": CROWD_PASSWORD,
    },
    "correct_address": lambda f: {"email": email()},
    "activate_account": lambda f: {"code": f.crowd.code(f.newcomer)},
    "sign_in": lambda f: {"identifier": f.crowd.neighbour.email, "password": CROWD_PASSWORD},
    "signin": lambda f: {"email": f.crowd.neighbour.email, "password": CROWD_PASSWORD},
    "login": lambda f: {"username": f.crowd.neighbour.email, "password": CROWD_PASSWORD},
    "access_token": lambda f: {"username": f.crowd.neighbour.email, "password": CROWD_PASSWORD},
    "get_token": lambda f: {"grant_type": "password", "username": f.person.email, "password": CROWD_PASSWORD},
    "refresh_session": lambda f: {"refresh_token": f.crowd.refresh_token()},
    "forgot_password": lambda f: {"identifier": f.crowd.neighbour.email},
    "request_reset": lambda f: {"username": f.crowd.neighbour.email},
    "reset_password": lambda f: {"token": f.crowd.reset_token(), "new_password": "Another-Horse-8"},
    "restore_account": lambda f: {"token": f.crowd.restore_token()},
    "set_forgotten_password": lambda f: {"token": f.crowd.reset_token(), "new_password": "Another-Horse-8"},
    "change_password": lambda f: {"current_password": CROWD_PASSWORD, "new_password": "Another-Horse-8"},
    "change_own_password": lambda f: {"old_password": CROWD_PASSWORD, "new_password": "Another-Horse-8"},
    "close_account": lambda f: {"password": CROWD_PASSWORD},
    "change_email": lambda f: {"email": email(), "password": CROWD_PASSWORD},
    "change_phone": lambda f: {"phone": phone(), "password": CROWD_PASSWORD},
    "verify_new_email": lambda f: {"code": f.crowd.code_for_new("email", f.person)},
    "verify_new_phone": lambda f: {"code": f.crowd.code_for_new("phone", f.person)},
    "update_me": lambda f: dict(NAMES),
    "update_profile": lambda f: dict(NAMES),
    "update_record": lambda f: dict(NAMES),
    "update_user": lambda f: dict(NAMES),
}

QUERIES: dict[str, Filler] = {"reset_page": lambda f: {"token": f.crowd.reset_token()}}


@dataclass
class Outcome:
    """What came of one run: answers by operation and status, and what the checks found."""

    statuses: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    findings: dict[str, str] = field(default_factory=dict)


class Fuzz:
    """One run over one document in one role."""

    def __init__(self, url: str, crowd: Crowd, role: str, *, examples: int, without: Sequence[str] = ()) -> None:
        self.crowd, self.role = crowd, role
        self.outcome = Outcome()
        self.newcomer = ""
        self._person: Person | None = None
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=_config(examples))
        self._schema = schema.exclude(path=list(without)) if without else schema
        self.register_by = "username" if "/forgot-password" in self._schema.raw_schema["paths"] else "email"

    @property
    def person(self) -> Person:
        """Who calls, or would if strangers had accounts."""
        if self._person is None:
            self._person = self.crowd.person("admin" if self.role == "admin" else "user")
        return self._person

    def newcomer_name(self) -> str:
        return phone() if self.register_by == "username" and CHANCE.random() < 0.5 else email()

    def run(self) -> Outcome:
        """Run all phases."""
        if self.role != "anonymous":
            self._schema.auth(refresh_interval=None)(Placeholder)
        schemathesis.hook("before_call")(lambda context, case, kwargs: self._before_call(case))
        schemathesis.hook("after_call")(lambda context, case, response: self._after_call(case, response))
        try:
            for event in from_schema(self._schema).execute():
                self._note(event)
        finally:
            schemathesis.hooks.unregister_all()
        return self.outcome

    def _before_call(self, case: Any) -> None:
        """Put in what is alive now: the caller's session and, in half of the well-formed calls, real contents."""
        name = case.operation.definition.raw["operationId"]
        is_new = not any(status < 300 for status in self.outcome.statuses[case.operation.label])
        is_live = case.meta is None or (case.meta.generation.mode.is_positive and (is_new or CHANCE.random() < 0.5))
        if case.headers.get("Authorization") == FILLED:
            case.headers["Authorization"] = self._authorization(case, is_live=is_live)
        if isinstance(case.query, dict) and str(case.query.get("wait", "")).replace(".", "").isdigit():
            case.query["wait"] = min(float(case.query["wait"]), MAX_WAIT)
        is_step = case.meta is not None and case.meta.phase.name.value == "stateful"
        if is_live:
            self._fill(name, case, is_step=is_step)
        if (is_live or is_step) and "session_id" in case.path_parameters and self.role != "anonymous":
            # In a chain of calls the fuzzer takes the id of the user who signed in for that of the session.
            case.path_parameters["session_id"] = self.crowd.other_session(self.person)

    def _authorization(self, case: Any, *, is_live: bool) -> str:
        if case.operation.definition.raw.get("security") != [{"basic": []}]:
            return f"Bearer {self.person.token}"
        if is_live or not self.newcomer:
            self.newcomer = self.crowd.newcomer()
        return self.crowd.basic(self.newcomer)

    def _fill(self, name: str, case: Any, *, is_step: bool) -> None:
        if self.role == "anonymous" and case.operation.definition.raw.get("security"):
            return
        if name in BODIES:
            filled = BODIES[name](self)
            case.body = case.body | filled if isinstance(case.body, dict) and CHANCE.random() < 0.3 else filled
        if name in QUERIES:
            case.query = QUERIES[name](self)
        if "user_id" in case.path_parameters and not is_step:
            is_own = self.role == "user" and not case.path.startswith("/v1/admin")
            case.path_parameters["user_id"] = self.person.id if is_own else self.crowd.neighbour.id

    def _after_call(self, case: Any, response: Any) -> None:
        sent = response.request.method
        label = case.operation.label
        self.outcome.statuses[label if sent == case.operation.method.upper() else f"(other) {label}"][
            response.status_code
        ] += 1
        is_done = response.status_code < 300 and case.operation.definition.raw["operationId"] in SPOILING
        if is_done or response.status_code in (423, 429) or _code(response) == "token_invalid":
            self._person = None
        if is_done or response.status_code in (404, 423, 429):
            self.crowd.part()

    def _note(self, event: Any) -> None:
        if isinstance(event, events.NonFatalError):
            self.outcome.findings[event.label] = f"{event.label}: {event.info.format()}"
        if not isinstance(event, events.ScenarioFinished):
            return
        for nodes in event.recorder.checks.values():
            for node in nodes:
                if node.status is Status.FAILURE and node.failure_info:
                    failure = node.failure_info.failure
                    title = f"{failure.operation} [{node.name}] {failure.title}: {failure.message}"
                    self.outcome.findings.setdefault(title, f"{title}\n{node.failure_info.code_sample}")


class Placeholder:
    """Marks calls that carry somebody's credentials; whose is decided when the call is made."""

    def get(self, case: Any, ctx: Any) -> str | None:
        return FILLED if ctx.operation.definition.raw.get("security") else None

    def set(self, case: Any, data: str, ctx: Any) -> None:
        case.headers["Authorization"] = data


@schemathesis.check
def refusals_are_documented(ctx: Any, response: Any, case: Any) -> None:
    """A refusal's stable code stands in the document, and what fits the schema is only refused for its meaning."""
    problem = _problem(response)
    documented = case.operation.definition.raw["responses"].get(str(response.status_code), {})
    content = documented.get("content", {}).get("application/problem+json", {})
    if problem is None or response.request.method != case.operation.method.upper():
        return
    if problem["code"] not in content.get("examples", {}):
        raise AssertionError(f"{problem['code']} is not documented for {response.status_code}")
    broken = {entry["code"] for entry in problem.get("errors", [])} & STRUCTURAL
    if broken and case.meta and case.meta.generation.mode.is_positive:
        raise AssertionError(f"fits the schema and is refused as {problem['errors']}")


@schemathesis.check
def strangers_are_refused(ctx: Any, response: Any, case: Any) -> None:
    """Nothing that names a security scheme succeeds without credentials of somebody."""
    sent = response.request.headers.get("Authorization", "")
    is_known = sent.startswith("Basic ") or (sent.startswith("Bearer ey") and sent.count(".") == 2)
    if case.operation.definition.raw.get("security") and response.status_code < 300 and not is_known:
        raise AssertionError("a stranger may do this")


def _problem(response: Any) -> dict[str, Any] | None:
    content_type = response.headers.get("content-type", [""])[0]
    return json.loads(response.content) if content_type.startswith("application/problem+json") else None


def _code(response: Any) -> str | None:
    problem = _problem(response)
    return problem["code"] if problem else None


def _config(examples: int) -> schemathesis.Config:
    return schemathesis.Config.from_dict(
        {
            "cache": {"enabled": False},
            "continue-on-failure": True,
            "generation": {"max-examples": examples, "no-shrink": True, "database": "none"},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": SEMANTIC},
                "negative_data_rejection": {"expected-statuses": REJECTED},
            },
        }
    )
