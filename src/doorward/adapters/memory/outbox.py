"""The outbox in a dict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count, takewhile
from uuid import UUID

from doorward.domain.cursor import read_cursor, write_cursor
from doorward.domain.events import Event, wire_event
from doorward.domain.messages import Message
from doorward.ports.outbox import Lane, OutboxEntry, OutboxItem, OutboxState
from doorward.ports.store import Page


@dataclass(slots=True)
class Waiting:
    """An outbox item and who has it."""

    item: OutboxItem
    due_at: datetime
    number: int
    owner: str | None = None
    lease_until: datetime | None = None
    dead_at: datetime | None = None
    reason: str | None = None


class MemoryOutbox:
    """The outbox in a dict, oldest first."""

    def __init__(self) -> None:
        self.rows: dict[UUID, Waiting] = {}
        self._numbers = count()

    def waiting_event(self, event: Event) -> Waiting:
        item = OutboxItem(id=event.id, lane=Lane.EVENTS, payload=wire_event(event), attempts=0, created_at=event.at)
        return Waiting(item, event.at, next(self._numbers))

    def waiting_message(self, message: Message, at: datetime) -> Waiting:
        item = OutboxItem(id=message.id, lane=Lane.MESSAGES, payload={}, attempts=0, created_at=at, message=message)
        return Waiting(item, at, next(self._numbers))

    async def claim(
        self, lane: Lane, *, owner: str, now: datetime, lease: timedelta, limit: int
    ) -> Sequence[OutboxItem]:
        waiting = [w for w in self.rows.values() if w.item.lane is lane and w.dead_at is None]
        is_leased = [w for w in waiting if w.lease_until is not None and now < w.lease_until]
        if lane is Lane.EVENTS and is_leased:
            return []
        if lane is Lane.EVENTS:
            waiting = list(takewhile(lambda w: w.due_at <= now, waiting))
        due = [w for w in waiting if w not in is_leased and w.due_at <= now][:limit]
        for taken in due:
            taken.owner, taken.lease_until = owner, now + lease
            taken.item = replace(taken.item, attempts=taken.item.attempts + 1)
        return [taken.item for taken in due]

    async def complete(self, *items: OutboxItem, owner: str) -> None:
        for item in items:
            if self._held(item, owner):
                del self.rows[item.id]

    async def retry(self, item: OutboxItem, *, owner: str, at: datetime, reason: str) -> None:
        held = self._held(item, owner)
        if held:
            held.owner, held.lease_until, held.due_at, held.reason = None, None, at, reason

    async def bury(self, item: OutboxItem, *, owner: str, reason: str) -> None:
        held = self._held(item, owner)
        if held:
            held.dead_at, held.reason = held.lease_until, reason

    async def depth(self) -> Mapping[str, int]:
        alive = [w.item.lane for w in self.rows.values() if w.dead_at is None]
        counts = {lane.value: alive.count(lane) for lane in Lane}
        return counts | {"dead": len(self.rows) - len(alive)}

    async def oldest(self) -> datetime | None:
        return min((w.item.created_at for w in self.rows.values() if w.dead_at is None), default=None)

    async def page(
        self, *, state: OutboxState | None = None, limit: int, cursor: str | None = None
    ) -> Page[OutboxEntry]:
        before = int(read_cursor(cursor, shape=(int,))[0]) if cursor else None
        older = [w for w in reversed(self.rows.values()) if before is None or w.number < before]
        found = [w for w in older if state in (None, _entry(w).state)]
        more = len(found) > limit
        return Page([_entry(w) for w in found[:limit]], write_cursor(found[limit - 1].number) if more else None)

    async def find(self, item_id: UUID) -> OutboxEntry | None:
        waiting = self.rows.get(item_id)
        return _entry(waiting) if waiting else None

    def revived(self, item_id: UUID, now: datetime) -> Waiting | None:
        """The item as it may be tried at once; None if it is gone or in somebody's hands."""
        waiting = self.rows.get(item_id)
        if waiting is None or (waiting.dead_at is None and waiting.lease_until and now < waiting.lease_until):
            return None
        return replace(waiting, owner=None, lease_until=None, dead_at=None, due_at=now)

    def _held(self, item: OutboxItem, owner: str) -> Waiting | None:
        waiting = self.rows.get(item.id)
        return waiting if waiting and (waiting.owner, waiting.item.attempts) == (owner, item.attempts) else None


def _entry(waiting: Waiting) -> OutboxEntry:
    item = waiting.item
    return OutboxEntry(
        id=item.id,
        lane=item.lane,
        kind=item.message.kind if item.message else str(item.payload["type"]),
        attempts=item.attempts,
        created_at=item.created_at,
        due_at=waiting.due_at,
        lease_until=waiting.lease_until,
        dead_at=waiting.dead_at,
        reason=waiting.reason,
        message=item.message,
    )
