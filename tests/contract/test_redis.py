"""What Redis remembers, and that nobody is worse off when it does not."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from doorward.adapters.memory import MemoryCounters, MemoryOutbox, MemoryStore
from doorward.adapters.redis import RedisCounters, RedisServer, RevokingStore, SessionCache
from doorward.adapters.redis.server import PAUSE_SECONDS
from doorward.adapters.redis.sessions import ENDED, FILL, LIFE_SECONDS, LOOK, PREFIX
from doorward.domain.errors import Unavailable
from doorward.domain.tally import Budget, Spent, Tally
from doorward.ports.writes import AddSession, EndSession, EndSessions, RemoveUser, RotateSession
from support.own_redis import own_redis

BUDGET = Budget(limit=5, window=timedelta(minutes=1))


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    with own_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
async def connect(program):
    """Connections as different processes have them."""
    if program.process is None:
        program.start()
    program.flush()
    opened = []

    def new():
        opened.append(RedisServer(program.url))
        return opened[-1]

    yield new
    for server in opened:
        await server.close()


@pytest.fixture
def moment():
    """Redis has a clock of its own, so these tests live in the present."""
    return datetime.now(UTC)


class Counted:
    """Sessions in memory that count how often they are read."""

    def __init__(self, store):
        self.store, self.reads = store, 0

    async def find(self, session_id):
        self.reads += 1
        return await self.store.sessions.find(session_id)

    async def of_user(self, user_id):
        return await self.store.sessions.of_user(user_id)


@pytest.fixture
def memory():
    return MemoryStore(MemoryOutbox())


@pytest.fixture
def reads(memory):
    return Counted(memory)


@pytest.fixture
def present(make, moment):
    """A session that is alive today."""

    def new(**members):
        times = {"created_at": moment, "last_used_at": moment, "expires_at": moment + timedelta(days=1)}
        return make.session(**times | members)

    return new


async def _pause():
    await asyncio.sleep(PAUSE_SECONDS + 0.05)


async def test_a_tally_comes_back_as_it_was_left(connect, moment):
    """Every member survives, and another process sees it."""
    full = Tally(
        count=3,
        reserved=2,
        reserved_until=moment + timedelta(seconds=30),
        last_at=moment,
        expires_at=moment + timedelta(minutes=1),
    )
    await RedisCounters(connect(), MemoryCounters()).change("key", lambda _: full)

    assert await RedisCounters(connect(), MemoryCounters()).find("key") == full


async def test_parallel_takes_get_no_more_than_there_is(connect, moment):
    """Sixty takes through three processes: five go through."""
    counters = [RedisCounters(connect(), MemoryCounters()) for _ in range(3)]
    await asyncio.gather(*(one.find("key") for one in counters))  # each has a connection
    takes = [counters[n % 3].change("key", lambda tally: BUDGET.take(tally, moment)) for n in range(60)]
    outcomes = await asyncio.gather(*takes, return_exceptions=True)

    assert sum(isinstance(outcome, Tally) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, Spent) for outcome in outcomes) == 55


async def test_several_change_together_or_none_does(connect, moment):
    """A refusal by one leaves the others as they were."""
    counters = RedisCounters(connect(), MemoryCounters())

    def refuse(tally):
        raise Spent(None)

    with pytest.raises(Spent):
        await counters.change_all({"a": lambda tally: BUDGET.take(tally, moment), "b": refuse})

    assert await counters.find("a") == Tally()
    assert await counters.change_all({}) == {}


async def test_what_counts_no_more_is_forgotten_by_redis(connect, program, moment):
    """A tally lives as long as its window."""
    counters = RedisCounters(connect(), MemoryCounters())
    short = Budget(limit=5, window=timedelta(milliseconds=200))
    await counters.change("key", lambda tally: short.take(tally, moment))
    await asyncio.sleep(0.4)

    assert await counters.find("key") == Tally()
    assert program.command("DBSIZE") == b":0\r\n"
    assert await counters.purge(moment) == 0


async def test_while_redis_is_down_the_storage_counts(connect, program, moment):
    """Limits hold without Redis, and Redis counts again when it is back."""
    kept = MemoryCounters()
    counters = RedisCounters(connect(), kept)
    program.kill()
    for _ in range(5):
        await counters.change("key", lambda tally: BUDGET.take(tally, moment))
    with pytest.raises(Spent):
        await counters.change("key", lambda tally: BUDGET.take(tally, moment))

    assert (await counters.find("key")).count == 5
    program.start()
    await _pause()
    assert (await counters.change("key", lambda tally: BUDGET.take(tally, moment))).count == 1
    assert kept.rows["key"].count == 5


async def test_a_session_is_read_once(connect, memory, reads, present):
    """What one process has read, another gets from Redis, whole."""
    session = present(ip_address="2001:db8::1", device="Firefox 🦊 with spaces", generation=2)
    await memory.commit(AddSession(session))
    found = [await SessionCache(connect(), reads, memory.users).find(session.id) for _ in range(3)]

    assert found == [session] * 3
    assert reads.reads == 1


NO_SESSIONS = ["", "1", "{}", "[]", '{"id": 1}', '{"of": "another release"}', "no-json"]


@pytest.mark.parametrize("text", NO_SESSIONS)
async def test_an_entry_that_is_no_session_is_not_there(connect, memory, reads, present, program, text):
    """Another release, or somebody else, wrote it: the database is asked."""
    session = present()
    await memory.commit(AddSession(session))
    cache = SessionCache(connect(), reads, memory.users)
    await cache.find(session.id)
    command = f"SET doorward:session:{session.id} {json.dumps(f'1 {session.user_id} {text}')}"
    assert program.command(command) == b"+OK\r\n"

    assert await cache.find(session.id) == session
    assert reads.reads == 2


@pytest.mark.parametrize("text", ["", "{}", "[1,2]", "no-json", '["a",0,null,null,null]'])
async def test_a_tally_that_cannot_be_read_counts_as_nothing(connect, program, moment, text):
    """And is written over."""
    counters = RedisCounters(connect(), MemoryCounters())
    assert program.command(f"SET doorward:tally:key {json.dumps(text)}") == b"+OK\r\n"

    await counters.change("key", lambda tally: BUDGET.take(tally, moment))

    assert (await counters.find("key")).count == 1


@pytest.mark.parametrize("ending", [EndSession, EndSessions, RemoveUser])
async def test_an_ended_session_is_known_to_be_at_once(connect, memory, reads, present, make, ending, moment):
    """Signing out in one process counts in all, however the session ended."""
    user = make.user()
    session = present(user_id=user.id)
    here, there = (SessionCache(connect(), reads, memory.users) for _ in range(2))
    store = RevokingStore(memory, here)
    await store.commit(AddSession(session))
    memory.users.rows[user.id] = user
    await there.find(session.id)
    ends = {
        EndSession: lambda: EndSession(session.id, moment),
        EndSessions: lambda: EndSessions(user.id, moment),
        RemoveUser: lambda: RemoveUser(user.id),
    }
    await store.commit(ends[ending]())
    found = await there.find(session.id)

    assert found is None or found.ended_at == moment


async def test_a_slow_reader_cannot_revive_a_session(connect, memory, reads, present, moment):
    """Whoever read the session before it ended, and writes to Redis after that, is not believed."""
    session = present()
    await memory.commit(AddSession(session))
    server = connect()
    cache = SessionCache(server, reads, memory.users)
    _, read_at = await server.run(LOOK, [f"{PREFIX}{session.id}"], [ENDED])
    await RevokingStore(memory, cache).commit(EndSession(session.id, moment))
    keys = [f"{PREFIX}{session.id}", f"{ENDED}{session.id}", f"{ENDED}{session.user_id}"]

    assert await server.run(FILL, keys, ["stale", read_at, 1000]) == 0
    assert (await cache.find(session.id)).ended_at == moment


async def test_a_session_is_not_remembered_for_long(connect, program, memory, reads, present):
    """After its short life an entry is gone."""
    session = present()
    await memory.commit(AddSession(session))
    await SessionCache(connect(), reads, memory.users).find(session.id)
    await asyncio.sleep(LIFE_SECONDS + 0.1)

    assert program.command(f"EXISTS {PREFIX}{session.id}") == b":0\r\n"


async def test_a_rotation_needs_no_word(connect, memory, reads, present, program, moment):
    """A refresh ends nothing, so it does not wait for Redis."""
    session = present()
    cache = SessionCache(connect(), reads, memory.users)
    await memory.commit(AddSession(session))
    await RevokingStore(memory, cache).commit(RotateSession(session.rotated(moment)))

    assert program.command("DBSIZE") == b":0\r\n"


async def test_a_frozen_redis_keeps_nobody_signed_in(connect, program, memory, reads, present, moment):
    """Signing out while Redis hangs: when it wakes up, it does not know the session any more."""
    session = present()
    await memory.commit(AddSession(session))
    here, there = (SessionCache(connect(), reads, memory.users) for _ in range(2))
    await there.find(session.id)
    program.freeze()
    try:
        await RevokingStore(memory, here).commit(EndSession(session.id, moment))
        meanwhile = await there.find(session.id)
    finally:
        program.thaw()
    await _pause()

    assert meanwhile == (await there.find(session.id)) == replace(session, ended_at=moment)


async def test_a_flush_revives_nothing(connect, program, memory, reads, present, moment):
    """All that Redis forgets, the database knows."""
    session = present()
    await memory.commit(AddSession(session))
    cache = SessionCache(connect(), reads, memory.users)
    await cache.find(session.id)
    await RevokingStore(memory, cache).commit(EndSession(session.id, moment))
    program.flush()

    assert (await cache.find(session.id)).ended_at == moment


async def test_a_check_tells_that_it_is_down(connect, program):
    """The health check says so, and says when it is back."""
    server = connect()
    await server.check()
    program.kill()
    with pytest.raises(Unavailable, match="redis"):
        await server.check()
    program.start()
    await _pause()
    await server.check()


async def test_the_store_behind_is_the_same(connect, memory, present, moment):
    """What has nothing to do with sessions goes straight to the storage."""
    store = RevokingStore(memory, SessionCache(connect(), memory.sessions, memory.users))
    parts = ("users", "registrations", "challenges", "sessions", "signing_keys", "audit")
    session = present(expires_at=moment)
    await store.commit(AddSession(session))
    await store.check()

    assert all(getattr(store, part) is getattr(memory, part) for part in parts)
    assert list(await SessionCache(connect(), memory.sessions, memory.users).of_user(session.user_id)) == [session]
    assert await store.purge(moment) == 1


async def test_what_is_outdated_is_heard(connect, memory, present, moment):
    """By whoever listens, also after Redis was away; whoever tells waits for nobody."""
    store = RevokingStore(memory, SessionCache(connect(), memory.sessions, memory.users))
    session, nobody, heard = present(expires_at=moment), uuid4(), asyncio.Queue()
    await store.commit(AddSession(session))
    async with SessionCache(connect(), memory.sessions, memory.users).listening(heard.put_nowait):
        while heard.empty():  # until somebody listens; nothing says when
            await store.commit(EndSessions(nobody, moment))
            await asyncio.sleep(0.05)
        while not heard.empty():
            assert heard.get_nowait() == [nobody]
        await store.commit(EndSession(session.id, moment))
        assert await asyncio.wait_for(heard.get(), 5) == [session.id]


async def test_listening_goes_on_after_redis_was_away(connect, program, memory, present, moment):
    """On a new connection, by itself."""
    store = RevokingStore(memory, SessionCache(connect(), memory.sessions, memory.users))
    session, heard = present(expires_at=moment), asyncio.Queue()
    async with SessionCache(connect(), memory.sessions, memory.users).listening(heard.put_nowait):
        await asyncio.sleep(0.2)
        program.kill()
        program.start()
        async with asyncio.timeout(15):
            while heard.empty():
                await store.commit(EndSessions(session.user_id, moment))
                await asyncio.sleep(0.2)
    assert heard.get_nowait() == [session.user_id]
