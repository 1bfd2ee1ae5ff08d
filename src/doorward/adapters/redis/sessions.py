"""Sessions remembered in Redis for a second, and forgotten at once when they end."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from doorward.adapters.redis.server import RedisServer
from doorward.domain.errors import NotFound, Unavailable
from doorward.domain.session import Session
from doorward.domain.user import User
from doorward.ports import writes
from doorward.ports.storage import Heard
from doorward.ports.store import AuditLog, Challenges, Registrations, Sessions, SigningKeys, Store, Users

LIFE_SECONDS = 1.0
"""How long an entry lives: the most by which anybody could be late, whatever happens to Redis."""
PREFIX = "doorward:session:"
ENDED = "doorward:ended:"
# What an entry says counts if nothing of its session or user has ended since the moment at which it was read from the
# database. The answer is the entry (or nothing) and Redis's own time, from which a new entry's life is counted.
LOOK = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local entry = redis.call('GET', KEYS[1])
if entry then
  local at, user = string.match(entry, '^(%d+) (%S+) ')
  local ended = redis.call('GET', ARGV[1] .. user)
  if ended and tonumber(ended) >= tonumber(at) then entry = false end
end
return {entry, string.format('%.0f', now)}
"""
FILL = """
for i = 2, 3 do
  local ended = redis.call('GET', KEYS[i])
  if ended and tonumber(ended) >= tonumber(ARGV[2]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', math.floor(tonumber(ARGV[2]) / 1000) + tonumber(ARGV[3]))
return 1
"""
END = """
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000000 + time[2])
for _, id in ipairs(ARGV) do
  redis.call('SET', KEYS[2] .. id, now, 'EX', 60)
  redis.call('DEL', KEYS[1] .. id)
end
return 1
"""
CHANNEL = "doorward:outdated"
TELL = "return redis.call('PUBLISH', ARGV[1], ARGV[2])"


class SessionCache:
    """Reads of sessions, answered by Redis where it knows; by the database where it does not, or does not answer."""

    def __init__(self, server: RedisServer, sessions: Sessions, users: Users) -> None:
        self._server = server
        self._sessions = sessions
        self._users = users

    async def find(self, session_id: UUID) -> Session | None:
        try:
            entry, now = await self._server.run(LOOK, [f"{PREFIX}{session_id}"], [ENDED])
        except Unavailable:
            return await self._sessions.find(session_id)
        if entry and (known := _readable(entry)):
            return known
        session = await self._sessions.find(session_id)
        if session is not None and session.ended_at is None:
            await self._remember(session, now)
        return session

    async def with_user(self, session_id: UUID) -> tuple[Session, User] | None:
        session = await self.find(session_id)
        if session is None:
            return None
        try:
            return session, await self._users.get(session.user_id)
        except NotFound:
            return None

    async def of_user(self, user_id: UUID) -> Sequence[Session]:
        return await self._sessions.of_user(user_id)

    async def forget(self, ids: Collection[UUID]) -> None:
        """Forget the sessions with these ids or of users with these ids, before anybody is told that they ended.

        If Redis cannot be told, wait until all that it may know is too old to count.
        """
        if not ids:
            return
        try:
            await self._server.run(END, [PREFIX, ENDED], [str(one) for one in ids])
        except Unavailable:
            await asyncio.sleep(LIFE_SECONDS)

    async def tell(self, outdated: Collection[UUID]) -> None:
        """Tell the other processes; whoever is not reached finds out by age."""
        if outdated:
            with suppress(Unavailable):
                await self._server.run(TELL, [], [CHANNEL, ",".join(map(str, outdated))])

    @asynccontextmanager
    async def listening(self, heard: Heard) -> AsyncIterator[None]:
        """Be told what other processes tell, while it is entered."""
        async with self._server.subscribed(CHANNEL, lambda told: heard([UUID(one) for one in told.split(",")])):
            yield

    async def _remember(self, session: Session, read_at: str) -> None:
        keys = [f"{PREFIX}{session.id}", f"{ENDED}{session.id}", f"{ENDED}{session.user_id}"]
        entry = f"{read_at} {session.user_id} {_to_text(session)}"
        try:
            await self._server.run(FILL, keys, [entry, read_at, int(LIFE_SECONDS * 1000)])
        except Unavailable:
            return


class RevokingStore:
    """A store whose commits are known to the cache before anybody is told of them."""

    def __init__(self, store: Store, cache: SessionCache) -> None:
        self._store = store
        self._cache = cache

    @property
    def users(self) -> Users:
        return self._store.users

    @property
    def registrations(self) -> Registrations:
        return self._store.registrations

    @property
    def challenges(self) -> Challenges:
        return self._store.challenges

    @property
    def sessions(self) -> Sessions:
        return self._store.sessions

    @property
    def signing_keys(self) -> SigningKeys:
        return self._store.signing_keys

    @property
    def audit(self) -> AuditLog:
        return self._store.audit

    async def commit(self, *changes: writes.Write) -> None:
        await self._store.commit(*changes)
        await self._cache.forget(writes.ended_by(changes))
        await self._cache.tell(writes.outdated_by(changes))

    async def purge(self, now: datetime) -> int:
        return await self._store.purge(now)

    async def check(self) -> None:
        await self._store.check()


def _readable(entry: str) -> Session | None:
    """What an entry says; nothing if another release, or somebody else, wrote what is no session here."""
    try:
        return _to_session(entry.split(" ", 2)[2])
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _to_text(session: Session) -> str:
    return json.dumps({f.name: getattr(session, f.name) for f in fields(session)}, default=str)


def _to_session(text: str) -> Session:
    members: dict[str, Any] = json.loads(text)
    for name, value in members.items():
        if value is not None and name.endswith("_at"):
            members[name] = datetime.fromisoformat(value)
    ids = {name: UUID(members[name]) for name in ("id", "user_id", "acting_id") if members[name]}
    return Session(**members | ids)
