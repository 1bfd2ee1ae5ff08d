"""Forget what has expired."""

from dataclasses import dataclass

from doorward.ports.clock import Clock
from doorward.ports.counters import Counters
from doorward.ports.store import Store


@dataclass(frozen=True, slots=True)
class PurgeExpired:
    """Remove expired sign-ups, challenges, sessions and tallies. Nothing relies on it: expiry is judged at use."""

    store: Store
    counters: Counters
    now: Clock

    async def __call__(self) -> int:
        """Remove them and say how many there were."""
        now = self.now()
        return await self.store.purge(now) + await self.counters.purge(now)
