"""Tallies in Redis, for limits that a flush may forgive."""

import asyncio
import json
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime

from doorward.adapters.redis.server import RedisServer
from doorward.domain.errors import Unavailable
from doorward.domain.tally import FORGET_AFTER, Budget, Tally
from doorward.ports.counters import Counters

PREFIX = "doorward:tally:"
TRIES = 100
READ = "return redis.call('MGET', unpack(KEYS))"
# ARGV holds for each key what it must still be ('' for nothing), what it is to be, and when that ends (epoch, ms).
SWAP = """
for i, key in ipairs(KEYS) do
  if (redis.call('GET', key) or '') ~= ARGV[3 * i - 2] then return 0 end
end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[3 * i - 1], 'PXAT', ARGV[3 * i])
end
return 1
"""


class RedisCounters:
    """Compare and swap: what was read must still stand when it is written. While Redis is down, `fallback` counts."""

    def __init__(self, server: RedisServer, fallback: Counters) -> None:
        self._server = server
        self._fallback = fallback

    async def change(self, key: str, change: Callable[[Tally], Tally]) -> Tally:
        return (await self.change_all({key: change}))[key]

    async def change_all(
        self, changes: Mapping[str, Callable[[Tally], Tally]], *, seen: Mapping[str, Tally] | None = None
    ) -> Mapping[str, Tally]:
        if not changes:
            return {}
        try:
            return await self._change_all(changes)
        except Unavailable:
            return await self._fallback.change_all(changes)

    async def take(self, key: str, budget: Budget, now: datetime) -> None:
        await self.change(key, lambda tally: budget.take(tally, now))

    async def find(self, key: str) -> Tally:
        try:
            return _to_tally((await self._read([key]))[0])
        except Unavailable:
            return await self._fallback.find(key)

    async def find_all(self, keys: Collection[str]) -> Mapping[str, Tally]:
        wanted = list(keys)
        try:
            stored = zip(wanted, await self._read(wanted), strict=True)
        except Unavailable:
            return await self._fallback.find_all(keys)
        return {key: _to_tally(text) for key, text in stored if text is not None}

    async def purge(self, now: datetime) -> int:
        """Redis forgets by itself."""
        return await self._fallback.purge(now)

    async def _change_all(self, changes: Mapping[str, Callable[[Tally], Tally]]) -> Mapping[str, Tally]:
        keys = list(changes)
        for _ in range(TRIES):
            stored = await self._read(keys)
            changed = {key: changes[key](_to_tally(text)) for key, text in zip(keys, stored, strict=True)}
            arguments = [
                part
                for before, after in zip(stored, changed.values(), strict=True)
                for part in (before or "", _to_text(after), _end_of(after))
            ]
            if await self._server.run(SWAP, [PREFIX + key for key in keys], arguments):
                return changed
            await asyncio.sleep(random.uniform(0, 0.005))  # noqa: S311 - jitter, no secret
        raise Unavailable("contention", retry_after=1)

    async def _read(self, keys: Sequence[str]) -> list[str | None]:
        found: list[str | None] = await self._server.run(READ, [PREFIX + key for key in keys])
        return found


def _end_of(tally: Tally) -> int:
    """When the tally means nothing any more, in milliseconds since the epoch."""
    now = datetime.now(UTC)
    is_endless = tally.count and tally.expires_at is None
    ends = [now + FORGET_AFTER if is_endless else tally.expires_at, tally.reserved_until, now]
    return int(max(end for end in ends if end).timestamp() * 1000) + 1


def _to_text(tally: Tally) -> str:
    moments = (tally.reserved_until, tally.last_at, tally.expires_at)
    return json.dumps([tally.count, tally.reserved, *(moment and moment.isoformat() for moment in moments)])


def _to_tally(text: str | None) -> Tally:
    """What is stored; what cannot be read counts as nothing, and is written over."""
    if text is None:
        return Tally()
    try:
        return _parsed(text)
    except (ValueError, TypeError):
        return Tally()


def _parsed(text: str) -> Tally:
    count, reserved, *texts = json.loads(text)
    reserved_until, last_at, expires_at = (datetime.fromisoformat(t) if t else None for t in texts)
    return Tally(
        count=int(count), reserved=int(reserved), reserved_until=reserved_until, last_at=last_at, expires_at=expires_at
    )
