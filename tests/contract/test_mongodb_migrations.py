"""Migrations of MongoDB: indexes up, down and up again, by many processes at once, and none by halves."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from doorward.adapters.mongodb import migrate
from doorward.adapters.mongodb.documents import plain
from doorward.adapters.mongodb.schema import COLLECTIONS, RUNS_ON, STEPS, VERSION
from doorward.domain.errors import IdentifierTaken
from doorward.ports.writes import AddUser
from doorward.storages import open_storage
from support import servers

HEAD = STEPS[-1].revision


@pytest.fixture
def url():
    """An empty database."""
    scratch = servers.scratch("mongodb")
    yield scratch.url
    scratch.drop()


@pytest.fixture
async def storage(url):
    opened = open_storage(url)
    yield opened
    await opened.close()


async def _names(storage):
    return set(await storage.server.read(lambda database: database.list_collection_names()))


async def _indexes(storage):
    """Every index but those of the ids: its collection, name, keys and options."""

    async def look(database):
        found = {}
        for collection in await database.list_collection_names():
            for name, index in (await database[collection].index_information()).items():
                if name != "_id_":
                    found[collection, name] = index
        return found

    return await storage.server.read(look)


def _expected(steps):
    return {(index.collection, index.name) for step in steps for index in step.indexes}


async def test_an_empty_database_is_at_no_revision(storage):
    """An empty database is not compatible; looking at it and planning change nothing."""
    found = await storage.schema()
    planned = await storage.planned()

    assert (found.current, found.is_compatible) == (None, False)
    assert planned[0] == "up 0001: First collections, and what must be unique."
    assert [step.partition(":")[0] for step in planned] == [f"up {step.revision}" for step in STEPS]
    assert await _names(storage) == set()


async def test_an_upgrade_leads_to_the_head(storage):
    """After an upgrade every collection and every index is there, with what makes it unique, partial or a cleaner."""
    await storage.migrate()
    found = await storage.schema()
    indexes = await _indexes(storage)

    assert (found.current, found.is_compatible) == (HEAD, True)
    assert await storage.planned() == []
    assert await _names(storage) == {*COLLECTIONS, VERSION}
    assert set(indexes) == _expected(STEPS)
    for index in (index for step in STEPS for index in step.indexes):
        stored = indexes[index.collection, index.name]
        assert tuple((key, int(way)) for key, way in stored["key"]) == index.keys
        assert {name: stored.get(name) for name, _ in index.options} == dict(index.options)


async def test_each_step_goes_up_and_down(storage):
    """Every revision is a state of its own: its indexes and those before it, and no others."""
    for at, step in enumerate(STEPS, 1):
        await storage.migrate(step.revision)
        assert ((await storage.schema()).current, set(await _indexes(storage))) == (
            step.revision,
            _expected(STEPS[:at]),
        )
    for at in range(len(STEPS) - 1, 0, -1):
        await storage.migrate(STEPS[at - 1].revision)
        assert set(await _indexes(storage)) == _expected(STEPS[:at])


async def test_down_to_nothing_and_up_again(storage, make):
    """A downgrade to base leaves no record, and an upgrade after it gives a database that works."""
    await storage.migrate()
    await storage.store.commit(AddUser(make.user()))
    down = [step.partition(":")[0] for step in await storage.planned("base")]
    await storage.migrate("base")
    left = await _names(storage)
    await storage.migrate()
    user = make.user()
    await storage.store.commit(AddUser(user))

    assert down == [f"down {step.revision}" for step in reversed(STEPS)]
    assert left <= {VERSION}
    assert await storage.store.users.get(user.id) == user


async def test_what_is_there_already_stays(storage, make):
    """Where nothing is to be done, nothing is; a step that was taken by halves is taken again."""
    await storage.migrate()
    user = make.user(email="ada@example.org")
    await storage.store.commit(AddUser(user))
    await storage.migrate()
    await storage.server.write(lambda d: d[VERSION].update_one({}, {"$set": {"revision": STEPS[0].revision}}))
    await storage.migrate()

    assert await storage.store.users.get(user.id) == user
    assert set(await _indexes(storage)) == _expected(STEPS)
    with pytest.raises(IdentifierTaken):
        await storage.store.commit(AddUser(make.user(email="ada@example.org")))


@pytest.mark.parametrize("turn", range(5))
async def test_upgrades_at_once_are_one(url, turn, monkeypatch):
    """Of processes that open and migrate a new database at the same moment one takes the steps and none fails."""
    taken = []
    up = migrate._up

    async def noted(database, step):
        taken.append(step.revision)
        await up(database, step)

    monkeypatch.setattr(migrate, "_up", noted)
    storages = [open_storage(url) for _ in range(4)]
    try:
        await asyncio.gather(*(storage.migrate() for storage in storages))
        found = [await storage.schema() for storage in storages]
    finally:
        for storage in storages:
            await storage.close()

    assert [one.is_compatible for one in found] == [True] * 4
    assert taken == [step.revision for step in STEPS]


@pytest.mark.parametrize(("seconds", "waits"), [(-1, False), (2, True)])
async def test_who_died_while_migrating_holds_nobody_up_for_long(storage, seconds, waits):
    """A lease that has run out is taken over; one that has not is waited for."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    turn = {"_id": migrate.TURN, "owner": "dead", "until": plain(until)}
    await storage.server.write(lambda database: database[VERSION].insert_one(turn))
    await storage.migrate()

    assert (await storage.schema()).is_compatible
    assert not waits or datetime.now(UTC) >= until


async def test_an_unknown_revision_is_refused(storage):
    """A misspelt revision changes nothing and names those that there are."""
    with pytest.raises(ValueError, match="no revision 9999; there are base, head, 0001"):
        await storage.migrate("9999")

    assert await _names(storage) == set()


async def test_a_database_of_a_later_release_is_left_alone(storage):
    """A revision that this release does not know is no reason to touch anything."""
    await storage.migrate()
    await storage.server.write(lambda d: d[VERSION].update_one({}, {"$set": {"revision": "9000"}}))

    assert not (await storage.schema()).is_compatible
    with pytest.raises(ValueError, match="at revision 9000, which this release does not know"):
        await storage.migrate()


async def test_a_trial_leaves_nothing(storage):
    """What the doctor writes and rolls back is gone, and it says so."""
    await storage.migrate()

    assert await storage.write_and_roll_back()
    assert await storage.server.read(lambda database: database["counters"].count_documents({})) == 0


def test_the_recorded_revisions_are_the_newest_of_the_steps():
    """What this release says it runs on is a run of revisions that ends at the newest."""
    newest_first = [step.revision for step in reversed(STEPS)]

    assert newest_first[: len(RUNS_ON)] == list(RUNS_ON)
    assert newest_first == sorted(newest_first, reverse=True)
