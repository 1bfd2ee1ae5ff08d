"""The way to a MongoDB server: URLs, a missing driver, servers that cannot do it, and servers that do not answer."""

import asyncio
import socket
import sys

import pytest

from doorward.bootstrap import must_be_migrated
from doorward.domain.errors import Unavailable
from doorward.extras import CannotStart
from doorward.ports.store import UserQuery
from doorward.ports.writes import AddUser
from doorward.storages import open_storage
from support.leftovers import drop_half_made_connections
from support.program import free_port
from support.proxy import Proxy
from support.standalone import standalone

SECRET = "s3cr3t"
IN_TIME = 3


@pytest.fixture
async def opened():
    """Open storages that are closed at the end."""
    storages = []

    def open_one(url):
        storages.append(open_storage(url))
        return storages[-1]

    yield open_one
    for storage in storages:
        await storage.close()
    await drop_half_made_connections()


@pytest.fixture
def proxied(migrated_servers):
    """A proxy before the server, and a URL that leads through it. Ask for it before `opened`, which it outlives."""
    proxy, url = Proxy.before(migrated_servers("mongodb").partition("?")[0] + "?directConnection=true")
    yield proxy, url
    proxy.stop()


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("mongodb://127.0.0.1:27017", "name the database"),
        ("mongodb://127.0.0.1:27017/?replicaSet=rs0", "name the database"),
        (f"mongodb://ada:{SECRET}/@:127.0.0.1:27017/name", "write it as mongodb://"),
        (f"mongodb://ada:{SECRET}@127.0.0.1:notaport/name", "write it as mongodb://"),
    ],
)
def test_a_url_that_makes_no_sense_is_refused_without_repeating_it(url, hint):
    """The reason names the setting and the shape, and nothing of what was given."""
    with pytest.raises(CannotStart, match=hint) as refused:
        open_storage(url)

    assert str(refused.value).startswith("DATABASE_URL: ")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("scheme", ["mongodb", "mongodb+srv"])
def test_a_missing_driver_names_its_extra(monkeypatch, scheme):
    """Without PyMongo the service says what to install."""
    for name in [name for name in sys.modules if name.startswith(("doorward.adapters.mongodb", "pymongo"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pymongo", None)

    with pytest.raises(CannotStart, match=r"DATABASE_URL needs one more package: pip install 'doorward\[mongo\]'\."):
        open_storage(f"{scheme}://example.org/name")


async def test_a_server_without_transactions_is_refused(opened):
    """A plain server could do half of a commit: start, migration and status all say so instead."""
    async with standalone() as url:
        storage = opened(url)
        for call in (storage.schema, storage.migrate, storage.planned):
            with pytest.raises(ValueError, match="no transactions; run it as a replica set"):
                await call()
        with pytest.raises(CannotStart, match="DATABASE_URL: this MongoDB server has no transactions"):
            await must_be_migrated(storage)


async def test_a_server_that_is_not_there_is_unavailable_in_time(opened, make):
    """Reads, commits and counters give up together, however many there are."""
    storage = opened(f"mongodb://127.0.0.1:{free_port()}/doorward")

    await _all_unavailable(storage, make)


async def test_a_server_that_takes_calls_and_never_answers_is_unavailable_in_time(opened, make):
    """The same for a process that was stopped before anybody spoke to it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        await _all_unavailable(opened(f"mongodb://127.0.0.1:{silent.getsockname()[1]}/doorward"), make)


async def test_a_server_that_freezes_is_unavailable_in_time_and_comes_back(proxied, opened, make):
    """What hung is let go of; when the server goes on, so does the service, with nothing half done."""
    proxy, url = proxied
    storage = opened(url)
    first = make.user()
    await storage.store.commit(AddUser(first))
    proxy.freeze()
    await _all_unavailable(storage, make)
    proxy.cut()
    await _commits_again(storage, make)

    assert first in (await storage.store.users.page(UserQuery())).items


async def test_connections_that_are_cut_between_two_calls_are_nobodys_trouble(proxied, opened, make):
    """A connection that died before anything could be committed costs one more try and no error."""
    proxy, url = proxied
    storage = opened(url)
    for _ in range(3):
        user = make.user()
        await storage.store.commit(AddUser(user))
        proxy.cut()

        assert await storage.store.users.get(user.id) == user
        proxy.cut()


async def test_a_server_that_was_away_is_used_again(proxied, opened, make):
    """Down is Unavailable, and up again is as if nothing had been."""
    proxy, url = proxied
    storage = opened(url)
    await storage.store.commit(AddUser(make.user()))
    proxy.down()
    await _all_unavailable(storage, make)
    proxy.up()

    await _commits_again(storage, make)


async def _all_unavailable(storage, make):
    """Twenty calls at once, more than there are writers, and each is answered in time."""
    calls = [storage.store.check(), storage.counters.find("key"), storage.schema()]
    calls += [storage.store.commit(AddUser(make.user())) for _ in range(12)]
    calls += [storage.counters.change("key", lambda tally: tally) for _ in range(5)]
    async with asyncio.timeout(IN_TIME):
        outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Unavailable] * len(calls)


async def _commits_again(storage, make):
    async with asyncio.timeout(2 * IN_TIME):
        while True:
            try:
                return await storage.store.commit(AddUser(make.user()))
            except Unavailable:
                await asyncio.sleep(0.2)
