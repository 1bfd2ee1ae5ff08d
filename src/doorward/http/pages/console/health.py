"""How the service and all that it needs are doing, and how to mend what is not well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response

from doorward.domain.actor import Actor
from doorward.domain.errors import Unavailable
from doorward.http.checks import REMEDIES, Checks, Outcome, reason_of
from doorward.http.config import HttpConfig
from doorward.http.pages.console.shell import CONSOLE, Console
from doorward.http.seen import advice, seen_of, values
from doorward.languages import N_, NN_, Speech
from doorward.use_cases.see_health import RecordedHealth

NAMES: Mapping[str, str] = {
    "database": N_("Database"),
    "redis": N_("Redis"),
    "rabbitmq": N_("RabbitMQ"),
    "worker": N_("Workers"),
    "mail": N_("Mail server"),
    "sms": N_("Text messages"),
    "schema": N_("Schema"),
    "clock": N_("Clock"),
}
_WORKERS = NN_("{n} worker delivers.", "{n} workers deliver.")
_WAITING = NN_("{n} letter or text message waits.", "{n} letters and text messages wait.")
_EVENTS = NN_("{n} event waits.", "{n} events wait.")
_GIVEN_UP = NN_("{n} was given up.", "{n} were given up.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing, in the reader's language: how it is, what that means, how to mend it, and what a driver says."""

    name: str
    state: Literal["good", "warn", "bad"] = "good"
    what: str
    means: str = ""
    fix: str = ""
    reason: str = ""
    link: str = ""


def router(config: HttpConfig) -> APIRouter:
    """One page, looked at again at will."""
    console, checks = Console(config), Checks(config)
    routes = console.router()
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.get(f"{CONSOLE}/health")
    async def health_page(request: Request, actor: Admin) -> Response:
        """Try everything and look at this very request."""
        speech, seen = console.speech(request), seen_of(request, config)
        gaps = values(seen, config.public_url)
        lines = [
            *(_dependency(name, one, speech, config) for name, one in (await checks.outcomes()).items()),
            *await _workers(config, speech),
            *await _schema(config, speech),
            *_records(await config.auth.see_health(actor), speech),
        ]
        amiss = [
            Line(
                name=speech.say(N_("This request")),
                state="bad" if one.is_wrong else "warn",
                what=speech.say(one.what).format(**gaps),
                fix=speech.say(one.fix).format(**gaps),
            )
            for one in advice(seen, config.public_url)
        ]
        return console.show(request, actor, "health", lines=[*lines, *amiss], seen=seen)

    return routes


def _down(name: str, what: str, speech: Speech, reason: str = "") -> Line:
    remedy = REMEDIES[name]
    return Line(
        name=speech.say(NAMES[name]),
        state="bad",
        what=what,
        means=speech.say(remedy.means),
        fix=speech.say(remedy.fix),
        reason=reason,
    )


def _dependency(name: str, outcome: Outcome, speech: Speech, config: HttpConfig) -> Line:
    if not outcome.is_well:
        return _down(name, speech.say(N_("It does not answer.")), speech, outcome.reason)
    if name == "mail" and config.inbox is not None:
        return Line(name=speech.say(NAMES[name]), what=speech.say(N_("Mail is caught here in development.")))
    took = speech.say(N_("It answers in {ms} ms.")).format(ms=speech.number(round(outcome.ms)))
    return Line(name=speech.say(NAMES[name]), what=took)


async def _workers(config: HttpConfig, speech: Speech) -> Sequence[Line]:
    if config.workers is None:
        return ()
    try:
        count = await config.workers()
    except Unavailable as error:
        return (_down("worker", speech.say(N_("The broker cannot say how many there are.")), speech, reason_of(error)),)
    if not count:
        return (_down("worker", speech.say(N_("No worker delivers.")), speech),)
    return (Line(name=speech.say(NAMES["worker"]), what=speech.count(*_WORKERS, count)),)


async def _schema(config: HttpConfig, speech: Speech) -> Sequence[Line]:
    if config.schema is None:
        return ()
    status = await config.schema()
    if not status.is_compatible:
        what = speech.say(N_("It is {current}; this release needs {head}."))
        return (_down("schema", what.format(current=status.current or "-", head=status.head), speech),)
    what = speech.say(N_("Revision {current}, as this release wants it."))
    is_newest, name = status.current == status.head, speech.say(NAMES["schema"])
    if is_newest:
        return (Line(name=name, what=what.format(current=status.current)),)
    older = speech.say(N_("Revision {current} will do; the newest is {head}."))
    fix = speech.say(REMEDIES["schema"].fix)
    return (Line(name=name, state="warn", what=older.format(current=status.current, head=status.head), fix=fix),)


def _records(health: RecordedHealth, speech: Speech) -> Sequence[Line]:
    if health.is_clock_right:
        clock = Line(name=speech.say(NAMES["clock"]), what=speech.say(N_("No record is from the future.")))
    else:
        what = speech.say(N_("The newest record is {time} in the future.")).format(time=speech.duration(health.ahead))
        clock = _down("clock", what, speech)
    return clock, _outbox(health, speech)


def _outbox(health: RecordedHealth, speech: Speech) -> Line:
    name, depth = speech.say(N_("Outbox")), health.depth
    waiting = [(_WAITING, depth["messages"]), (_EVENTS, depth["events"]), (_GIVEN_UP, depth["dead"])]
    parts = [speech.count(*words, n) for words, n in waiting if n] or [speech.say(N_("Nothing waits."))]
    if health.oldest_at:
        parts.append(speech.say(N_("The oldest waits since {time}.")).format(time=speech.moment(health.oldest_at)))
    what, link = " ".join(parts), f"{CONSOLE}/outbox"
    if health.is_late:
        fix = speech.say(N_("Look at the mail server and at the reasons in the outbox."))
        return Line(name=name, state="bad", what=what, fix=fix, link=link)
    if depth["dead"]:
        fix = speech.say(N_("The outbox says why, and tries again if you want."))
        return Line(name=name, state="warn", what=what, fix=fix, link=f"{link}?state=dead")
    return Line(name=name, what=what, link=link)
