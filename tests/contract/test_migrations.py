"""Migrations: from nothing up, down again and up again, and what they make is what the tables say, on every engine."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from doorward.adapters.sql import migrate
from doorward.adapters.sql.migrate import RUNS_ON
from doorward.adapters.sql.tables import metadata
from doorward.ports.writes import AddUser
from doorward.storages import open_storage
from support import servers


@pytest.fixture(params=("sqlite", *servers.KINDS))
def url(request, tmp_path):
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    scratch = servers.scratch(request.param)
    yield scratch.url
    scratch.drop()


@pytest.fixture
async def storage(url):
    opened = open_storage(url)
    yield opened
    await opened.close()


async def _on(storage, work):
    return await storage.database.patiently(work)


async def _names(storage):
    return set(await _on(storage, lambda c: inspect(c).get_table_names())) - {"sqlite_sequence"}


def _differences(connection):
    return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)


async def test_an_empty_database_is_at_no_revision(storage):
    """An empty database is not compatible, and looking at it changes nothing."""
    found = await storage.schema()

    assert (found.current, found.is_compatible) == (None, False)
    assert await _names(storage) == set()


async def test_a_plan_names_the_steps_and_takes_none(storage):
    """What would be done is told, oldest step first, and nothing is done."""
    planned = await storage.planned()

    assert planned[0] == "up 0001: First tables."
    assert len(planned) == int(RUNS_ON[0])
    assert await _names(storage) == set()


async def test_an_upgrade_leads_to_the_head(storage):
    """After an upgrade the database is at the newest revision and has every table."""
    await storage.migrate()
    found = await storage.schema()

    assert found.current == found.head
    assert found.is_compatible
    assert await storage.planned() == []
    assert await _names(storage) == set(metadata.tables) | {"alembic_version"}


async def test_an_unknown_revision_is_refused(storage):
    """A misspelt revision changes nothing and names those that there are."""
    with pytest.raises(ValueError, match="no revision 9999; there are base, head, 0001"):
        await storage.migrate("9999")

    assert await _names(storage) == set()


async def test_what_migrations_make_is_what_the_tables_say(storage):
    """Comparing the migrated database with the metadata finds no difference."""
    await storage.migrate()

    assert await _on(storage, _differences) == []


async def test_a_difference_would_be_found(storage, url):
    """The comparison above is not blind: a missing column and a missing index are reported."""
    await storage.migrate()
    where = " ON outbox" if url.startswith("mysql") else ""
    for change in ("ALTER TABLE users DROP COLUMN comments", f"DROP INDEX ix_outbox_waiting{where}"):
        await _on(storage, lambda c, change=change: c.execute(text(change)))
    found = await _on(storage, _differences)

    assert {change[0] for change in found} == {"add_index", "add_column"}


async def test_down_to_nothing_and_up_again(storage, make):
    """A downgrade to base leaves no table of ours, and an upgrade after it gives a database that works."""
    await storage.migrate()
    down = [step.partition(":")[0] for step in await storage.planned("base")]
    await storage.migrate("base")
    left = await _names(storage)
    await storage.migrate()
    user = make.user()
    await storage.store.commit(AddUser(user))

    assert (down[0], down[-1]) == (f"down {RUNS_ON[0]}", "down 0001")
    assert left <= {"alembic_version"}
    assert await storage.store.users.get(user.id) == user


async def test_an_upgrade_of_a_new_database_keeps_its_data(storage, make):
    """Where nothing is to be done, nothing is: accounts stay."""
    await storage.migrate()
    user = make.user()
    await storage.store.commit(AddUser(user))
    await storage.migrate()

    assert await storage.store.users.get(user.id) == user


@pytest.mark.parametrize("turn", range(5))
async def test_upgrades_at_once_are_one(url, turn):
    """Of processes that open and migrate a new database at the same moment one does it and none fails."""
    storages = [open_storage(url) for _ in range(4)]
    try:
        await asyncio.gather(*(storage.migrate() for storage in storages))
        found = [await storage.schema() for storage in storages]
    finally:
        for storage in storages:
            await storage.close()

    assert [one.is_compatible for one in found] == [True] * 4


async def test_every_compatible_revision_can_be_migrated_to(storage):
    """From the oldest compatible revision on, each step up is a state that this release runs on."""
    await storage.migrate()
    await storage.migrate("base")
    for revision in reversed(RUNS_ON):
        await storage.migrate(revision)

        assert (await storage.schema()).is_compatible


async def test_names_are_compared_exactly(storage, make):
    """Case, accents and spaces at the end tell identifiers apart."""
    await storage.migrate()
    names = ("ada", "Ada", "adá", "ada ", "\u0430da")
    users = [make.user(username=name) for name in names]
    for user in users:
        await storage.store.commit(AddUser(user))

    assert [(await storage.store.users.get(user.id)).username for user in users] == list(names)


def test_the_recorded_revisions_are_the_newest_of_the_tree():
    """What this release says it runs on is a run of revisions that ends at the newest."""
    folder = Path(migrate.__file__).parent / "migrations"
    newest_first = [revision.revision for revision in ScriptDirectory(str(folder)).walk_revisions()]

    assert newest_first[: len(RUNS_ON)] == list(RUNS_ON)
