"""A marker is planted wherever a secret may stand, at DEBUG level: it must never come out again."""

from typing import Any

import httpx2
import pytest

MARKER = "Zq9Planted7xK"
PROFILES = ("modern", "signup-signin", "code-activation")
SECRET_MEMBERS = {
    "password", "current_password", "new_password", "old_password", "code", "token", "verification", "refresh_token",
    "identifier",
}  # fmt: skip
HEADERS = (
    "User-Agent", "Referer", "Accept-Language", "X-Request-Id", "X-Forwarded-For", "Forwarded", "Origin", "If-Match",
    "X-Api-Key", "Traceparent",
)  # fmt: skip
PLAIN_VALUES = {
    "email": "plain@example.com",
    "action": "lock",
    "role": "user",
    "delivery": "token",
    "grant_type": "password",
}


class Witness:
    """Sends requests and keeps every answer that shows the marker."""

    def __init__(self, service, bearer: str) -> None:
        self.client: httpx2.Client = service.client()
        self.bearer = bearer
        self.seen: list[str] = []
        self.sent = 0

    def send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        answer = self.client.request(method, path, **options)
        self.sent += 1
        if MARKER in answer.text or any(MARKER in value for value in answer.headers.values()):
            self.seen.append(f"{method} {path} {answer.status_code}: {answer.text[:300]}")
        assert answer.status_code < 500, f"{method} {path}: {answer.status_code}"
        return answer


def members_of(document: dict[str, Any], operation: dict[str, Any]) -> tuple[str, list[str]] | None:
    """Media type and member names of an operation's body."""
    content = operation.get("requestBody", {}).get("content", {})
    for media_type, described in content.items():
        schema = described["schema"]
        options = [schema, *schema.get("anyOf", [])]
        name = next((o["$ref"].rpartition("/")[2] for o in options if "$ref" in o), None)
        if name:
            return media_type, list(document["components"]["schemas"][name]["properties"])
    return None


def bodies(names: list[str]) -> list[dict[str, str]]:
    """The marker everywhere, only in the secrets, and in a member that is not known."""
    plain = {name: PLAIN_VALUES.get(name, "plain") for name in names}
    return [
        dict.fromkeys(names, MARKER),
        plain | {name: MARKER for name in names if name in SECRET_MEMBERS},
        plain | {"unheard_of": MARKER},
        plain | {name: [MARKER] for name in names},
    ]


def plant_everywhere(witness: Witness, document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            filled = path.replace("{action}", "lock").replace("{code}", "busy")
            filled = filled.replace("{user_id}", MARKER).replace("{session_id}", MARKER)
            query = {p["name"]: MARKER for p in operation.get("parameters", []) if p["in"] == "query"}
            for headers in signed(witness.bearer):
                plant(
                    witness, method, filled, {**query, "unheard_of": MARKER}, headers, members_of(document, operation)
                )


def signed(bearer: str) -> list[dict[str, str]]:
    marked = dict.fromkeys(HEADERS, MARKER)
    return [
        {**marked, "Authorization": f"Bearer {MARKER}", "Cookie": f"doorward_session={MARKER}"},
        {**marked, "Authorization": f"Basic {MARKER}"},
        {"User-Agent": MARKER, "X-Forwarded-For": MARKER, "Authorization": f"Bearer {bearer}"},
    ]


def plant(witness: Witness, method: str, path: str, query: dict, headers: dict, body: tuple | None) -> None:
    if body is None:
        witness.send(method, path, params=query, headers=headers)
        return
    media_type, names = body
    for members in bodies(names):
        if "form" in media_type:
            witness.send(method, path, params=query, headers=headers, data={k: str(v) for k, v in members.items()})
        else:
            witness.send(method, path, params=query, headers=headers, json=members)
    witness.send(method, path, headers={**headers, "Content-Type": "application/json"}, content=f'{{"a": "{MARKER}')


def use_it_rightly(witness: Witness, mailbox, email: str) -> None:
    """The marker as a real password, through sign-in, change and reset."""
    credentials = {"identifier": email, "password": f"{MARKER}-1"}
    token = witness.send("POST", "/v1/sessions", json=credentials).json()["access_token"]
    change = {"current_password": f"{MARKER}-1", "new_password": f"{MARKER}-2"}
    bearer = {"Authorization": f"Bearer {token}"}
    assert witness.send("PUT", "/v1/me/password", json=change, headers=bearer).status_code == 200
    witness.send("PUT", "/v1/me/password", json=change, headers=bearer)
    witness.send("POST", "/v1/password/forgot", json={"identifier": email})
    reset = {"token": mailbox.link(email, count=2).partition("token=")[2], "new_password": f"{MARKER}-3"}
    assert witness.send("POST", "/v1/password/reset", json=reset).status_code == 200
    witness.send("POST", "/v1/sessions", json={"identifier": email, "password": f"{MARKER}-wrong"})
    witness.send("POST", "/v1/sessions", json={"identifier": MARKER, "password": "typed into the wrong box"})


@pytest.mark.parametrize("profile", PROFILES)
def test_no_secret_comes_out_again(launch, mailbox, tmp_path, profile):
    """In every operation, valid or not: not in an answer, not in a log, not in a byte of the database."""
    log_file = tmp_path / "service.log"
    service = launch(profile=profile, env={"LOG_LEVEL": "DEBUG", "LOG_FILE": str(log_file), "DOORWARD_DOCS": "on"})
    email = f"owner-{profile}@example.com"
    service.create_user(email, f"{MARKER}-1", "--verified")
    service.create_user(f"admin-{profile}@example.com", "another long walk-7A", "--verified", "--role", "admin")
    entered = service.client().post(
        "/v1/sessions", json={"identifier": f"admin-{profile}@example.com", "password": "another long walk-7A"}
    )
    witness = Witness(service, entered.json()["access_token"])
    document = witness.client.get("/openapi.json").json()

    plant_everywhere(witness, document)
    use_it_rightly(witness, mailbox, email)
    files = [*service.database.parent.glob(f"{service.database.name}*"), *tmp_path.glob("service.log*")]
    holding = [path.name for path in files if MARKER.encode() in path.read_bytes()]

    assert witness.sent > 100
    assert witness.seen == []
    assert MARKER not in service.log()
    assert holding == []
