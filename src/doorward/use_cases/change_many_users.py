"""Do the same to many accounts, as an administrator."""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.errors import LastAdmin, NotFound, Unavailable
from doorward.domain.events import EventType, event
from doorward.domain.ids import made_at, new_id
from doorward.domain.status_action import StatusAction
from doorward.domain.user import Status, User
from doorward.ports.clock import Clock
from doorward.ports.store import AuditQuery, AuditRow, Page, Store, UserQuery
from doorward.ports.writes import Record

MOST, SOME = 1000, 200
"""So many at a time: what takes longer than a request may last is better asked for twice."""
OUTCOMES = ("changed", "same", "impossible", "refused")
Chosen = Sequence[UUID] | UserQuery


class Change(Protocol):
    """Changes one account."""

    def __call__(
        self, user_id: UUID, action: StatusAction, actor: Actor, reason: str | None, *, batch: UUID
    ) -> Awaitable[User]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """How many were changed, were so before, cannot be, or refused it; `left` more match, and begin at `cursor`."""

    id: UUID
    action: StatusAction
    counts: Mapping[str, int]
    left: int
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeManyUsers:
    """Change accounts one by one, each audited for itself and then the whole; not one's own, nor what is closing."""

    store: Store
    change: Change
    now: Clock

    async def __call__(
        self, chosen: Chosen, action: StatusAction, actor: Actor, reason: str | None, *, after: Batch | None = None
    ) -> Batch:
        """Change those that are named, or the first thousand that match; `after` goes on where a batch ended."""
        actor.must_be_admin()
        batch, total = new_id(self.now()), await self.count(chosen, actor, after=after)
        found = await self._found(chosen, after.cursor if after else None)
        became = [await self._become(user, action, actor, reason, batch) for user in found.items]
        counts = {name: became.count(name) for name in OUTCOMES}
        left = max(total - len(found.items), 1) if found.next_cursor else 0
        more = {"action": action.wire_name, "batch": str(batch), **counts, "left": left, "cursor": found.next_cursor}
        details = actor.described(reason) | more
        done = event(EventType.USERS_CHANGED, self.now(), user_id=None, client=actor.client, details=details)
        await self.store.commit(Record(done))
        return Batch(id=batch, action=action, counts=counts, left=left, cursor=found.next_cursor)

    async def count(self, chosen: Chosen, actor: Actor, *, after: Batch | None = None) -> int:
        """How many accounts that would be."""
        actor.must_be_admin()
        if isinstance(chosen, UserQuery):
            return after.left if after else await self.store.users.count(chosen)
        return len(chosen)

    async def batch(self, batch: UUID, actor: Actor) -> Batch:
        """What became of them; NotFound if there was no such batch."""
        actor.must_be_admin()
        async for row in self._rows(EventType.USERS_CHANGED, batch, "batch", str(batch)):
            counts = {name: int(str(row.details.get(name, 0))) for name in OUTCOMES}
            action, left = StatusAction.named(str(row.details["action"])), int(str(row.details["left"]))
            cursor = str(row.details["cursor"]) if row.details["cursor"] else None
            return Batch(id=batch, action=action, counts=counts, left=left, cursor=cursor)
        raise NotFound

    async def undo(self, batch: UUID, actor: Actor) -> Batch:
        """Do the opposite to those that were changed, once; NotFound where nothing undoes it."""
        action, reason = (await self.batch(batch, actor)).action, f"undo {batch}"
        if action.opposite is None:
            raise NotFound
        async for row in self._rows(EventType.USERS_CHANGED, batch, "reason", reason):
            return await self.batch(UUID(str(row.details["batch"])), actor)
        ids = [row.user_id async for row in self._rows(action.event, batch, "batch", str(batch)) if row.user_id]
        return await self(ids, action.opposite, actor, reason)

    async def _found(self, chosen: Chosen, cursor: str | None) -> Page[User]:
        if isinstance(chosen, UserQuery):
            return await self.store.users.page(replace(chosen, limit=MOST, cursor=cursor))
        parts = [chosen[start : start + SOME] for start in range(0, min(len(chosen), MOST), SOME)]
        return Page([user for part in parts for user in await self.store.users.matching(part, ())], None)

    async def _become(self, user: User, action: StatusAction, actor: Actor, reason: str | None, batch: UUID) -> str:
        if actor.is_user(user.id) or user.closes_at is not None:
            return "refused"
        try:
            changed = await self.change(user.id, action, actor, reason, batch=batch)
        except (LastAdmin, NotFound, Unavailable):
            return "refused"
        became = "same" if changed == user and not action.ends_sessions else "changed"
        return "impossible" if action is StatusAction.LOCK and changed.status is Status.DISABLED else became

    async def _rows(self, kind: EventType, batch: UUID, detail: str, value: str) -> AsyncIterator[AuditRow]:
        query = AuditQuery(event_type=kind.audit_name, since=made_at(batch), limit=MOST)
        while True:
            page = await self.store.audit.page(query)
            for row in page.items:
                if row.details.get(detail) == value:
                    yield row
            if page.next_cursor is None:
                return
            query = replace(query, cursor=page.next_cursor)
