"""Look after what waits to leave the house."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.errors import NotFound
from doorward.domain.events import EventType, event
from doorward.domain.messages import Mail
from doorward.methods.letter_mint import LetterMint
from doorward.ports.clock import Clock
from doorward.ports.outbox import QUEUE_LIFE, Outbox, OutboxEntry, OutboxState
from doorward.ports.store import Page, Store
from doorward.ports.writes import Record, ReviveDeliveries, Stale

PAGE, MOST = 200, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxLook:
    """A page of entries, and what waits in all."""

    page: Page[OutboxEntry]
    depth: Mapping[str, int]
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageOutbox:
    """Show administrators what waits, never with a code or link, and try it again when they say so."""

    store: Store
    outbox: Outbox
    mint: LetterMint
    now: Clock

    async def __call__(
        self, actor: Actor, *, state: OutboxState | None = None, limit: int = 25, cursor: str | None = None
    ) -> OutboxLook:
        """What is there, newest first; Forbidden unless an administrator asks, InvalidInput for a foreign cursor."""
        actor.must_be_admin()
        page = await self.outbox.page(state=state, limit=limit, cursor=cursor)
        return OutboxLook(page=page, depth=await self.outbox.depth(), oldest_at=await self.outbox.oldest())

    async def one(self, entry_id: UUID, actor: Actor) -> OutboxEntry:
        """One entry; NotFound if it is gone."""
        actor.must_be_admin()
        entry = await self.outbox.find(entry_id)
        if entry is None:
            raise NotFound
        return entry

    def letter(self, entry: OutboxEntry, actor: Actor) -> Mail | None:
        """What it will say, without its code and link; None for what is no letter."""
        actor.must_be_admin()
        is_letter = entry.message is not None and entry.message.kind.is_letter
        return self.mint.masked(entry.message) if entry.message and is_letter else None

    def can_retry(self, entry: OutboxEntry) -> bool:
        """Whether it can be hurried: not when it would be given up for its age, or is in somebody's hands."""
        now = self.now()
        is_held = entry.dead_at is None and entry.lease_until is not None and now < entry.lease_until
        return not is_held and (entry.message is None or now <= entry.created_at + QUEUE_LIFE)

    async def retry(self, entry_id: UUID, actor: Actor, reason: str | None = None) -> bool:
        """Have one tried at once, given up or not; False if it has left, is being sent, or is too old."""
        entry = await self.one(entry_id, actor)
        if not self.can_retry(entry):
            return False
        try:
            await self._revive([entry.id], {"entry": str(entry.id), "kind": str(entry.kind)}, actor, reason)
        except Stale:
            return False
        return True

    async def retry_given_up(self, actor: Actor, reason: str | None = None) -> int:
        """Have all tried again that were given up and are not too old, a thousand at most; say how many.

        Raises:
            Stale: somebody else was faster with one of them; do it again.
        """
        actor.must_be_admin()
        found: list[UUID] = []
        async for entry in self._given_up():
            found += [entry.id] if self.can_retry(entry) else []
            if len(found) >= MOST:
                break
        if found:
            await self._revive(found, {"count": len(found)}, actor, reason)
        return len(found)

    async def _given_up(self) -> AsyncIterator[OutboxEntry]:
        cursor: str | None = None
        while True:
            page = await self.outbox.page(state=OutboxState.DEAD, limit=PAGE, cursor=cursor)
            for entry in page.items:
                yield entry
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _revive(self, ids: Sequence[UUID], what: dict[str, object], actor: Actor, reason: str | None) -> None:
        now, details = self.now(), actor.described(reason) | what
        tried = event(EventType.DELIVERY_RETRIED, now, user_id=None, client=actor.client, details=details)
        await self.store.commit(ReviveDeliveries(tuple(ids), now), Record(tried))
