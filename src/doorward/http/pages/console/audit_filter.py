"""Which rows of the audit log, as the address of a page says it; times are in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from doorward.domain.errors import InvalidInput, Violation
from doorward.domain.events import EventType
from doorward.http.pages.console.shell import CONSOLE
from doorward.languages import N_
from doorward.ports.store import AuditQuery

PATH = f"{CONSOLE}/audit"
NAMES = ("period", "since", "until", "event", "result", "user")
CUSTOM, USUAL = "custom", "1d"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
MOST_SLOTS, LONGEST, AROUND = 20, 7 * DAY, 2 * MINUTE

FAILURES = frozenset(
    kind.audit_name
    for kind in (
        EventType.SIGN_UP_REFUSED,
        EventType.VERIFICATION_FAILED,
        EventType.SIGN_IN_FAILED,
        EventType.TOKEN_REUSED,
        EventType.LOCKED,
        EventType.PASSWORD_CHANGE_FAILED,
        EventType.PASSWORD_NOT_CONFIRMED,
        EventType.PASSWORD_RESET_FAILED,
    )
)
RESULTS: Mapping[str, frozenset[str]] = {
    "failed": FAILURES,
    "done": frozenset(kind.audit_name for kind in EventType) - FAILURES,
}


@dataclass(frozen=True, slots=True)
class Preset:
    """A time up to now in words, cut into slots."""

    words: str
    slot: timedelta
    slots: int


PRESETS: Mapping[str, Preset] = {
    "1h": Preset(N_("Last hour"), 3 * MINUTE, 20),
    "1d": Preset(N_("Last day"), HOUR, 24),
    "7d": Preset(N_("Last 7 days"), 12 * HOUR, 14),
    "30d": Preset(N_("Last 30 days"), DAY, 30),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter as it was typed."""

    typed: Mapping[str, str]

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Filter":
        """Read an address or a form; what is empty is not said, and a time without a name is a custom one."""
        said = {name: given.get(name, "").strip()[:320] for name in NAMES}
        said["period"] = CUSTOM if said["since"] or said["until"] else said["period"]
        if said["period"] not in PRESETS.keys() - {USUAL} | {CUSTOM}:
            del said["period"]
        if said["result"] not in RESULTS:
            del said["result"]
        return cls({name: text for name, text in said.items() if text})

    @property
    def period(self) -> str:
        return self.typed.get("period", USUAL)

    def address(self, path: str = "", **changed: str | None) -> str:
        """A page with the same filter, this one if no other is named, but for what is changed; None leaves it out."""
        merged = {**self.typed, **changed}
        return f"{path}?{urlencode({name: text for name, text in merged.items() if text}, safe=':')}"

    def between(self, since: datetime, until: datetime) -> str:
        """The same filter for another time."""
        return self.address(period=None, since=_written(since), until=_written(until))

    def around(self, moment: datetime) -> str:
        """Everything a little before and after a moment."""
        return Filter({}).between(moment - AROUND, moment + AROUND)

    def edges(self, now: datetime) -> list[datetime]:
        """Where the slots of its time begin, and where the last one ends.

        Raises:
            InvalidInput: a moment cannot be read, or they are the wrong way round.
        """
        if self.period != CUSTOM:
            preset = PRESETS[self.period]
            end = EARLIEST + ((now - EARLIEST) // preset.slot + 1) * preset.slot
            return [end - n * preset.slot for n in range(preset.slots, -1, -1)]
        until = self._moment("until") or now
        since = self._moment("since") or until - LONGEST
        if since >= until:
            raise InvalidInput(Violation("/until", "invalid_value"))
        slots = max(1, min(MOST_SLOTS, (until - since) // timedelta(seconds=1)))
        return [since + (until - since) * n / slots for n in range(slots)] + [until]

    def query(self, edges: list[datetime], user_id: UUID | None) -> AuditQuery:
        """As the engine takes it."""
        event, among = self.typed.get("event"), RESULTS.get(self.typed.get("result", ""))
        return AuditQuery(event_type=event, among=among, user_id=user_id, since=edges[0], until=edges[-1])

    def _moment(self, name: str) -> datetime | None:
        text = self.typed.get(name)
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            found = None
        if found is None or found < EARLIEST:
            raise InvalidInput(Violation(f"/{name}", "invalid_value"))
        return found


def _written(moment: datetime) -> str:
    """As the input of a form has it."""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
