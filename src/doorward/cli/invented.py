"""Accounts and a history that nobody lived: what `doorward demo` fills its database with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from doorward.domain.events import Client, Event, EventType, LoginAttempt, event
from doorward.domain.ids import new_id
from doorward.domain.session import Session
from doorward.domain.user import Profile, Status, User
from doorward.ports.archive import Row

# Stars and trees, so that nobody is meant.
FIRST_NAMES = (
    *("Adhara", "Altair", "Antares", "Arcturus", "Atria", "Bellatrix", "Capella", "Castor", "Deneb", "Electra"),
    *("Elnath", "Gemma", "Hadar", "Izar", "Kaus", "Lesath", "Maia", "Mira", "Mizar", "Nashira"),
    *("Polaris", "Pollux", "Regulus", "Rigel", "Sabik", "Sirius", "Spica", "Tarazed", "Thuban", "Vega"),
)
LAST_NAMES = (
    *("Acacia", "Alder", "Ash", "Aspen", "Beech", "Birch", "Cedar", "Cherry", "Cypress", "Elder"),
    *("Elm", "Fir", "Hawthorn", "Hazel", "Holly", "Hornbeam", "Juniper", "Larch", "Laurel", "Linden"),
    *("Maple", "Oak", "Olive", "Pine", "Poplar", "Rowan", "Spruce", "Walnut", "Willow", "Yew"),
)
DEVICES = ("Firefox on Linux", "Chrome on Windows", "Safari on macOS", "Safari on iPhone", "Chrome on Android", "curl")
SEED = 20260301
DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
QUIET = 0.45
"""How many of the sign-ups of a working day come on a Saturday or Sunday."""


@dataclass(slots=True)
class History:
    """What is to be written down."""

    users: list[User] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    attempts: list[LoginAttempt] = field(default_factory=list)


def invented(now: datetime, *, accounts: int, days: int, password_hash: str) -> History:
    """Make it up, the same every time but for the clock.

    Args:
        now: when the history ends.
        accounts: how many people signed up in it.
        days: how long it is.
        password_hash: of the password that all of them have.
    """
    chance, history = Random(SEED), History()  # noqa: S311 - nothing here is a secret
    names = [(first, last) for first in FIRST_NAMES for last in LAST_NAMES]
    chance.shuffle(names)
    for number in range(accounts):
        first, last = names[number % len(names)]
        again = number // len(names) + 1
        joined = _moment(chance, now, days)
        user = User(
            id=new_id(joined),
            email=f"{first}.{last}{again if again > 1 else ''}@example.com".lower(),
            profile=Profile(first_name=first, last_name=last),
            password_hash=password_hash,
            created_at=joined,
            password_changed_at=joined,
        )
        _Life(chance, history, user, now).live()
    _wave_of_guesses(chance, history, now - days * DAY * 0.3)
    history.events = sorted((e for e in history.events if e.at <= now), key=lambda e: e.at)
    history.attempts = sorted((a for a in history.attempts if a.attempt_time <= now), key=lambda a: a.attempt_time)
    return history


def _moment(chance: Random, now: datetime, days: int) -> datetime:
    """A moment of the last days: more of them lately, by day, and on working days."""
    while True:
        at = now - days * DAY * float(chance.random() ** 1.3)
        is_awake = chance.random() < (1.0 if 7 <= at.hour < 23 else 0.15)
        if is_awake and (at.weekday() < 5 or chance.random() < QUIET):
            return at


@dataclass(slots=True)
class _Life:
    """One account from its sign-up until now."""

    chance: Random
    history: History
    user: User
    now: datetime

    def live(self) -> None:
        """Write down everything about it."""
        client, at = self._client(), self.user.created_at
        self._note(EventType.USER_REGISTERED, at, client)
        is_verified = self._verify(at, client)
        for visit in self._visits() if is_verified else ():
            self._visit(visit, client if self.chance.random() < 0.8 else self._client())
        self._mishaps()
        self.history.users.append(self.user)

    def _happens(self, percent: float) -> bool:
        return self.chance.random() * 100 < percent

    def _client(self) -> Client:
        network = self.chance.choice(("192.0.2", "198.51.100", "203.0.113"))
        return Client(f"{network}.{self.chance.randint(1, 254)}", self.chance.choice(DEVICES))

    def _note(self, kind: EventType, at: datetime, client: Client = Client(), **details: object) -> None:
        self.history.events.append(event(kind, at, user_id=self.user.id, client=client, details=details))

    def _verify(self, at: datetime, client: Client) -> bool:
        waited = timedelta(milliseconds=self.chance.lognormvariate(6.6, 0.7))
        self._note(EventType.VERIFICATION_SENT, at + waited, waited_ms=round(waited / SECOND * 1000))
        done = at + waited + self.chance.randint(8, 50) * SECOND
        if self._happens(12):
            self._note(EventType.VERIFICATION_FAILED, done - 4 * SECOND, client)
        if not self._happens(88) or done > self.now:
            return False
        self._note(EventType.EMAIL_VERIFIED, done, client)
        self.user = replace(self.user, verified_at=done)
        return True

    def _visits(self) -> Iterator[datetime]:
        at, pause = self.user.created_at + MINUTE, self.chance.choice((0.7, 2.0, 5.0, 12.0))
        while at < self.now:
            yield at
            at += self.chance.expovariate(1 / pause) * DAY + MINUTE

    def _visit(self, at: datetime, client: Client) -> None:
        if self._happens(9):
            self._attempt(at - 20 * SECOND, client, is_right=False)
        self._attempt(at, client, is_right=True)
        self.user = replace(self.user, last_login_at=at)
        if self._happens(55):
            self._note(EventType.SIGNED_OUT, at + self.chance.randint(2, 90) * MINUTE, client)
        elif at > self.now - 10 * DAY:
            self._stay(at, client)
        if self._happens(2):
            self._note(EventType.PASSWORD_CHANGED, at + 3 * MINUTE, client)

    def _stay(self, at: datetime, client: Client) -> None:
        self.history.sessions.append(
            Session(
                id=new_id(at),
                user_id=self.user.id,
                created_at=at,
                last_used_at=min(self.now, at + 2 * HOUR),
                expires_at=at + 30 * DAY,
                ip_address=client.ip_address,
                device=client.device,
            )
        )

    def _attempt(self, at: datetime, client: Client, *, is_right: bool) -> None:
        if is_right:
            self._note(EventType.SIGNED_IN, at, client)
        else:
            self._note(EventType.SIGN_IN_FAILED, at, client, reason="wrong_password")
        self.history.attempts.append(
            LoginAttempt(
                id=new_id(at),
                user_id=self.user.id,
                email=self.user.email or "",
                success=is_right,
                attempt_time=at,
                ip_address=client.ip_address,
            )
        )

    def _mishaps(self) -> None:
        settled = self.user.created_at + 2 * MINUTE
        at = settled + (self.now - settled) * self.chance.random()
        if settled > self.now:
            return
        if self._happens(4) and self.user.is_verified:
            for second in range(4):
                self._attempt(at + second * SECOND, self._client(), is_right=False)
            self._note(EventType.LOCKED, at + 4 * SECOND)
            if self._happens(60):
                self._note(EventType.UNLOCKED, min(self.now, at + HOUR), by="operator", reason="called by phone")
            else:
                self.user = replace(self.user, status=Status.LOCKED)
        elif self._happens(4):
            self._note(EventType.PASSWORD_RESET_REQUESTED, at)
            self._note(EventType.PASSWORD_RESET, at + 4 * MINUTE)
        elif self._happens(2):
            self._note(EventType.DISABLED, at, by="operator", reason="sent advertisements")
            self.user = replace(self.user, status=Status.DISABLED)


def _wave_of_guesses(chance: Random, history: History, begins: datetime) -> None:
    """One night somebody tried what he found elsewhere."""
    night = begins.replace(hour=2, minute=10)
    for number in range(160):
        at = night + number * 20 * SECOND
        client = Client(f"203.0.113.{chance.randint(40, 60)}", "curl")
        details = {"reason": "unknown_identifier"}
        history.events.append(event(EventType.SIGN_IN_FAILED, at, user_id=None, client=client, details=details))


def audit_rows(events: Sequence[Event]) -> list[Row]:
    """Events as rows of `audit_logs`, numbered in their order."""
    return [
        {
            "sequence": number,
            "id": one.id,
            "user_id": one.user_id,
            "event_type": one.type.audit_name,
            "event_time": one.at,
            "details": dict(one.details),
            "ip_address": one.client.ip_address,
        }
        for number, one in enumerate(events, 1)
    ]


def verification_rows(events: Sequence[Event]) -> list[Row]:
    """The steps by which addresses were proven, as rows of `verification_log`."""
    steps = (one for one in events if one.type.is_verification and one.user_id)
    return [
        {"sequence": number, "id": one.id, "user_id": one.user_id, "event": one.type.audit_name, "at": one.at}
        for number, one in enumerate(steps, 1)
    ]
