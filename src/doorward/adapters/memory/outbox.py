"""The outbox in a dict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

from doorward.domain.events import Event, wire_event
from doorward.domain.messages import Message
from doorward.ports.outbox import Lane, OutboxItem


@dataclass(slots=True)
class Waiting:
    """An outbox item and who has it."""

    item: OutboxItem
    due_at: datetime
    owner: str | None = None
    lease_until: datetime | None = None
    dead: str | None = None


class MemoryOutbox:
    """The outbox in a dict, oldest first."""

    def __init__(self) -> None:
        self.rows: dict[UUID, Waiting] = {}

    def waiting_event(self, event: Event) -> Waiting:
        item = OutboxItem(id=event.id, lane=Lane.EVENTS, payload=wire_event(event), attempts=0, created_at=event.at)
        return Waiting(item, event.at)

    def waiting_message(self, message: Message, at: datetime) -> Waiting:
        item = OutboxItem(id=message.id, lane=Lane.MESSAGES, payload={}, attempts=0, created_at=at, message=message)
        return Waiting(item, at)

    async def claim(
        self, lane: Lane, *, owner: str, now: datetime, lease: timedelta, limit: int
    ) -> Sequence[OutboxItem]:
        waiting = [w for w in self.rows.values() if w.item.lane is lane and w.dead is None]
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

    async def complete(self, item: OutboxItem, *, owner: str) -> None:
        if self._held(item, owner):
            del self.rows[item.id]

    async def retry(self, item: OutboxItem, *, owner: str, at: datetime, reason: str) -> None:
        held = self._held(item, owner)
        if held:
            held.owner, held.lease_until, held.due_at = None, None, at

    async def bury(self, item: OutboxItem, *, owner: str, reason: str) -> None:
        held = self._held(item, owner)
        if held:
            held.dead = reason

    async def depth(self) -> Mapping[str, int]:
        alive = [w.item.lane for w in self.rows.values() if w.dead is None]
        counts = {lane.value: alive.count(lane) for lane in Lane}
        return counts | {"dead": len(self.rows) - len(alive)}

    def _held(self, item: OutboxItem, owner: str) -> Waiting | None:
        waiting = self.rows.get(item.id)
        return waiting if waiting and (waiting.owner, waiting.item.attempts) == (owner, item.attempts) else None
