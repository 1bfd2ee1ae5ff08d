"""Connections to PostgreSQL that are lent: what is at its end is not lent again."""

import asyncio

import asyncpg
import pytest

from doorward.adapters.sql.connections import Connections
from doorward.adapters.sql.engine import Conflict

OWN = "SELECT pg_backend_pid()"


@pytest.fixture
def url(migrated_servers):
    return migrated_servers("postgresql")


@pytest.fixture
async def connections(url):
    lent = Connections(1, lambda: asyncpg.connect(url))
    yield lent
    lent.close()
    await asyncio.sleep(0)  # sockets are closed in the next turn


async def own_pid(connections):
    async with connections.borrowed() as connection:
        return await connection.fetchval(OWN)


async def test_one_is_lent_again_and_again(connections):
    """A mistake in a statement is no reason to open another."""
    first = await own_pid(connections)
    with pytest.raises(asyncpg.PostgresSyntaxError):
        async with connections.borrowed() as connection:
            await connection.execute("no such statement")

    assert await own_pid(connections) == first


async def ended(connections, url):
    """Ask on a connection that the server has just ended."""
    other = await asyncpg.connect(url)
    async with connections.borrowed() as connection:
        await other.execute("SELECT pg_terminate_backend($1, 5000)", await connection.fetchval(OWN))
        await other.close()
        await connection.fetchval(OWN)


async def confused(connections):
    """Ask for two things at once, which the driver refuses."""
    async with connections.borrowed() as connection:
        await asyncio.gather(connection.execute("SELECT pg_sleep(0.1)"), connection.fetchval(OWN))


async def test_one_that_is_at_its_end_is_not_lent_again(connections, url):
    """Nor one in a state that nobody knows."""
    first = await own_pid(connections)
    with pytest.raises(Conflict):
        await ended(connections, url)
    second = await own_pid(connections)
    with pytest.raises(Conflict):
        await confused(connections)

    assert len({first, second, await own_pid(connections)}) == 3


async def test_one_that_comes_back_after_the_end_is_closed(connections):
    """Nothing stays open."""
    async with connections.borrowed() as connection:
        connections.close()

    assert connection.is_closed()
