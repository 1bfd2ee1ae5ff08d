"""What this service needs, tried: whether it answers and how fast, what it means if it does not, and how to mend it."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from doorward.domain.errors import Unavailable
from doorward.http.config import Check, HttpConfig
from doorward.languages import N_

CHECK_SECONDS = 2.0
REMEMBER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Remedy:
    """For whom something is down."""

    means: str
    fix: str


REMEDIES: Mapping[str, Remedy] = {
    "database": Remedy(
        N_("Nobody can sign up or sign in, and this page would not show."),
        N_("Check DATABASE_URL, the server and its rights."),
    ),
    "redis": Remedy(
        N_("People can go on: the database takes its place, and signing out takes a second longer."),
        N_("Check REDIS_URL and the server."),
    ),
    "rabbitmq": Remedy(
        N_("Codes still go out, straight from the outbox; events wait until it is back."),
        N_("Check RABBITMQ_URL, the broker, and that the URL's virtual host is there and open to its user."),
    ),
    "worker": Remedy(
        N_("No code and no link is sent: letters wait in the outbox."),
        N_("Start `doorward worker`: with RABBITMQ_URL, `serve` delivers no mail itself."),
    ),
    "mail": Remedy(
        N_("No code and no link is sent: letters wait in the outbox, for two days at most."), N_("Check SMTP_URL.")
    ),
    "sms": Remedy(N_("No code reaches a phone: text messages wait in the outbox."), N_("Check SMS_URL.")),
    "schema": Remedy(N_("This release does not run on it."), N_("Run: doorward migrate")),
    "clock": Remedy(N_("Codes and sessions end too early or too late."), N_("Set the clock (NTP).")),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check went; `reason` is what the driver says."""

    is_well: bool
    ms: float
    reason: str = ""

    @property
    def state(self) -> str:
        return "ok" if self.is_well else "unavailable"


class Checks:
    """Tries everything at once. Outcomes count for some seconds, so that nobody can make us call on others at will."""

    def __init__(self, config: HttpConfig) -> None:
        self._checks = {name: c if name == "database" else _Remembered(c) for name, c in config.checks.items()}

    async def outcomes(self) -> Mapping[str, Outcome]:
        """How all of them are."""
        measured = await asyncio.gather(*(measured_check(check) for check in self._checks.values()))
        return dict(zip(self._checks, measured, strict=True))


async def measured_check(check: Check) -> Outcome:
    """Try one; what does not answer in time is down."""
    start, is_well, reason = time.perf_counter(), False, ""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
        is_well = True
    except Unavailable as error:
        reason = reason_of(error)
    except TimeoutError:
        reason = f"no answer in {CHECK_SECONDS:g} s"
    return Outcome(is_well, round((time.perf_counter() - start) * 1000, 1), reason)


def reason_of(error: Unavailable) -> str:
    """What the driver says, in its first line: what follows are addresses of its manual."""
    cause = getattr(error.__cause__, "orig", None) or error.__cause__
    return (str(cause) or type(cause).__name__).splitlines()[0] if cause else "it does not answer"


class _Remembered:
    """A check whose outcome is asked for once in a while."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._outcome: asyncio.Future[None] | None = None
        self._until = 0.0

    async def __call__(self) -> None:
        if self._outcome is None or time.monotonic() > self._until:
            self._until = time.monotonic() + REMEMBER_SECONDS
            self._outcome = asyncio.ensure_future(self._check())
        await asyncio.shield(self._outcome)
