"""The list of key generations as one process knows it."""

import asyncio
from datetime import datetime, timedelta

from doorward.domain.signing import KeyList
from doorward.ports.clock import Clock
from doorward.ports.store import SigningKeys

MAX_AGE = timedelta(seconds=1)
EXTRA_READS = 10


class CachedKeyRing:
    """Reads the list at most once a second, and a few times more when tokens name keys that are not in it.

    Whoever sends tokens with invented key ids makes it read no more than `EXTRA_READS` times a second.
    """

    def __init__(self, keys: SigningKeys, now: Clock) -> None:
        self._keys = keys
        self._now = now
        self._known = KeyList()
        self._read_at: datetime | None = None
        self._extra = 0
        self._reading = asyncio.Lock()

    async def current(self) -> KeyList:
        if not self._is_fresh():
            async with self._reading:  # requests that find it old together wait for one read
                if not self._is_fresh():
                    self._extra = 0
                    await self._read()
        return self._known

    async def renewed(self) -> KeyList:
        if self._extra < EXTRA_READS:
            self._extra += 1
            await self._read()
        return self._known

    def _is_fresh(self) -> bool:
        # A clock that was set back makes the list old, not fresh for ever.
        return self._read_at is not None and timedelta(0) <= self._now() - self._read_at < MAX_AGE

    async def _read(self) -> None:
        began = self._now()
        self._known = KeyList(await self._keys.listed())
        self._read_at = began
