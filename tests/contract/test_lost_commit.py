"""A COMMIT that is lost on its way may have happened: whoever asked is told 503, and it is not done again."""

import asyncpg
import pytest
from sqlalchemy import func, select
from sqlalchemy.util import await_only

from doorward.domain.errors import Unavailable
from doorward.storages import open_storage

OWN = select(func.pg_backend_pid())


@pytest.fixture
def url(migrated_servers):
    return migrated_servers("postgresql")


@pytest.fixture
async def database(url):
    storage = open_storage(url)
    yield storage.database
    await storage.close()


@pytest.fixture
async def other(url):
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


async def test_a_lost_commit_is_not_done_again(database, other):
    """The server ends the connection between the last statement and COMMIT."""
    runs = []

    def work(connection):
        runs.append(connection.execute(OWN).scalar())
        await_only(other.execute("SELECT pg_terminate_backend($1, 5000)", runs[-1]))

    with pytest.raises(Unavailable):
        await database.write(work)

    assert len(runs) == 1
