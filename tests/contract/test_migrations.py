"""Migrations: from nothing up, down again and up again, and what they make is what the tables say."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from doorward.adapters.sql import migrate
from doorward.adapters.sql.engine import SqliteDatabase
from doorward.adapters.sql.migrate import RUNS_ON, downgrade, status, upgrade
from doorward.adapters.sql.store import SqlStore
from doorward.adapters.sql.tables import metadata
from doorward.ports.writes import AddUser

DATABASES = {"sqlite": lambda folder: SqliteDatabase(folder / "new.db")}


@pytest.fixture(params=DATABASES)
async def database(request, tmp_path):
    opened = DATABASES[request.param](tmp_path)
    yield opened
    await opened.close()


async def _on(database, work):
    return await database.write(work)


async def _names(database):
    return set(await _on(database, lambda c: inspect(c).get_table_names())) - {"sqlite_sequence"}


async def test_an_empty_database_is_at_no_revision(database):
    """An empty database is not compatible, and looking at it changes nothing."""
    found = await status(database)

    assert (found.current, found.is_compatible) == (None, False)
    assert await _names(database) == set()


async def test_an_upgrade_leads_to_the_head(database):
    """After an upgrade the database is at the newest revision and has every table."""
    await upgrade(database)
    found = await status(database)

    assert found.current == found.head
    assert found.is_compatible
    assert await _names(database) == set(metadata.tables) | {"alembic_version"}


async def test_what_migrations_make_is_what_the_tables_say(database):
    """Comparing the migrated database with the metadata finds no difference."""
    await upgrade(database)

    def compare(connection):
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    assert await _on(database, compare) == []


async def test_a_difference_would_be_found(database):
    """The comparison above is not blind: a missing column and a missing index are reported."""
    await upgrade(database)
    for change in ("ALTER TABLE users DROP COLUMN comments", "DROP INDEX ix_outbox_waiting"):
        await database.write(lambda c, change=change: c.execute(text(change)))
    found = await _on(database, lambda c: compare_metadata(MigrationContext.configure(c), metadata))

    assert {change[0] for change in found} == {"add_index", "add_column"}


async def test_down_to_nothing_and_up_again(database, make):
    """A downgrade to base leaves no table of ours, and an upgrade after it gives a database that works."""
    await upgrade(database)
    await downgrade(database, "base")
    left = await _names(database)
    await upgrade(database)
    user = make.user()
    store = SqlStore(database)
    await store.commit(AddUser(user))

    assert left <= {"alembic_version"}
    assert await store.users.get(user.id) == user


async def test_an_upgrade_of_a_new_database_keeps_its_data(database, make):
    """Where nothing is to be done, nothing is: accounts stay."""
    await upgrade(database)
    store, user = SqlStore(database), make.user()
    await store.commit(AddUser(user))
    await upgrade(database)

    assert await store.users.get(user.id) == user


@pytest.mark.parametrize("turn", range(15))
async def test_upgrades_at_once_are_one(tmp_path, turn):
    """Of processes that open and migrate a new database at the same moment one does it and none fails."""
    databases = [SqliteDatabase(tmp_path / "new.db") for _ in range(4)]
    try:
        await asyncio.gather(*(upgrade(database) for database in databases))
        found = [await status(database) for database in databases]
    finally:
        for database in databases:
            await database.close()

    assert [one.is_compatible for one in found] == [True] * 4


async def test_every_compatible_revision_can_be_migrated_to(database):
    """From the oldest compatible revision on, each step up is a state that this release runs on."""
    await upgrade(database)
    await downgrade(database, "base")
    for revision in reversed(RUNS_ON):
        await upgrade(database, revision)

        assert (await status(database)).is_compatible


def test_the_recorded_revisions_are_the_newest_of_the_tree():
    """What this release says it runs on is a run of revisions that ends at the newest."""
    folder = Path(migrate.__file__).parent / "migrations"
    newest_first = [revision.revision for revision in ScriptDirectory(str(folder)).walk_revisions()]

    assert newest_first[: len(RUNS_ON)] == list(RUNS_ON)
