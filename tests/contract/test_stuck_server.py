"""A server that hangs costs the first callers their patience, and the others hardly a moment."""

import asyncio
import time

import pytest

from doorward.domain.errors import NotFound, Unavailable
from doorward.ports.writes import AddUser
from doorward.storages import open_storage
from support import servers
from support.leftovers import drop_half_made_connections
from support.proxy import Proxy

PATIENCE = 2.3
HARDLY = 1.0  # a fifth of a second, and what a busy machine adds


@pytest.fixture(params=[*servers.KINDS, "mongodb"])
def url(request, migrated_servers):
    """A server's empty database; through the proxy MongoDB's driver must not look for the way round it."""
    return migrated_servers(request.param).replace("replicaSet=rs0", "directConnection=true")


@pytest.fixture
async def proxied(url):
    """A storage whose way to the server leads through a proxy."""
    proxy, url = Proxy.before(url)
    storage = open_storage(url)
    await storage.store.check()
    yield proxy, storage
    await storage.close()
    proxy.stop()
    await drop_half_made_connections()


async def test_only_the_first_wait_for_a_server_that_hangs(proxied, make):
    """Once it has answered nobody for a while, reads, commits and counters are refused before they are begun."""
    proxy, storage = proxied
    proxy.freeze()
    first = await _refused(storage.store.check())
    late = make.user()
    others = [
        await _refused(call)
        for call in (storage.store.commit(AddUser(late)), storage.counters.find("key"), storage.store.check())
    ]
    proxy.thaw()
    await _answers_again(storage)

    assert first > HARDLY
    assert max(others) < HARDLY
    with pytest.raises(NotFound):
        await storage.store.users.get(late.id)


async def test_a_server_that_goes_on_is_used_at_once(proxied):
    """The probe finds it, whoever else may be asking."""
    proxy, storage = proxied
    proxy.freeze()
    await asyncio.gather(*(_refused(storage.store.check()) for _ in range(20)))
    proxy.thaw()

    assert await _answers_again(storage) < PATIENCE


async def _refused(call):
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        await call
    return time.monotonic() - begun


async def _answers_again(storage):
    begun = time.monotonic()
    while time.monotonic() < begun + 10:
        try:
            await storage.store.check()
        except Unavailable:
            continue
        return time.monotonic() - begun
    return pytest.fail("it is not used again")


async def test_it_can_be_closed_while_the_server_hangs(proxied):
    """Nothing waits for a goodbye that nobody hears."""
    proxy, storage = proxied
    proxy.freeze()
    await _refused(storage.store.check())

    async with asyncio.timeout(15):
        await storage.close()
