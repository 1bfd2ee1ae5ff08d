"""Forget what has expired."""

from dataclasses import dataclass
from datetime import datetime

from doorward.domain.events import EventType, event
from doorward.ports.clock import Clock
from doorward.ports.counters import Counters
from doorward.ports.store import Store
from doorward.ports.writes import Record, RemoveUser, SaveUser, Stale

MOST_ACCOUNTS = 100


@dataclass(frozen=True, slots=True)
class PurgeExpired:
    """Remove closed accounts whose time of grace is over, and expired sign-ups, challenges, sessions and tallies.

    Nothing relies on it: expiry is judged at use.
    """

    store: Store
    counters: Counters
    now: Clock

    async def __call__(self) -> int:
        """Remove them and say how many there were."""
        now = self.now()
        return await self._closed(now) + await self.store.purge(now) + await self.counters.purge(now)

    async def _closed(self, now: datetime) -> int:
        """Remove the accounts one by one; another process may be at it too, or the owner just in time."""
        removed = 0
        for user in await self.store.users.closing(now, MOST_ACCOUNTS):
            deleted = event(EventType.DELETED, now, user_id=user.id, details={"by": "schedule"})
            is_closing = SaveUser(user, user, guard=("status", "closes_at"))
            try:
                await self.store.commit(is_closing, RemoveUser(user.id), Record(deleted))
            except Stale:
                continue
            removed += 1
        return removed
