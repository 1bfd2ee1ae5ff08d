"""Bringing a database to the indexes of this release, and telling whether they are there."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal

from pymongo import UpdateOne
from pymongo.errors import CollectionInvalid, DuplicateKeyError, OperationFailure

from doorward.adapters.mongodb.documents import plain, record_of
from doorward.adapters.mongodb.schema import COLLECTIONS, RUNS_ON, STEPS, USERS, VERSION, Step
from doorward.adapters.mongodb.server import Database, MongoServer
from doorward.domain.search import search_keys
from doorward.domain.user import User
from doorward.ports.storage import SchemaStatus

Way = Literal["up", "down"]
LEASE = timedelta(seconds=30)
PAUSE_SECONDS = 0.2
BATCH = 500
NO_SUCH_NAMESPACE, NO_SUCH_INDEX, NAMESPACE_EXISTS = 26, 27, 48
REVISION, TURN = "revision", "turn"


async def status(server: MongoServer) -> SchemaStatus:
    """Compare the database's revision with this release's.

    Raises:
        ValueError: the server has no transactions.
    """
    await must_have_transactions(server)
    return SchemaStatus(await server.read(_current), RUNS_ON)


async def migrate(server: MongoServer, revision: str = "head") -> None:
    """Bring the indexes to a revision, up or down; of two processes at once, the second finds nothing to do.

    Raises:
        ValueError: there is no such revision, or the server has no transactions.
    """
    _, steps = _steps((await status(server)).current, revision)
    if not steps:
        return
    async with server.patiently() as database, _alone(database):
        way, steps = _steps(await _current(database), revision)
        for step in steps:
            await (_up if way == "up" else _down)(database, step)


async def planned(server: MongoServer, revision: str = "head") -> Sequence[str]:
    """The steps that `migrate` would take, in words."""
    way, steps = _steps((await status(server)).current, revision)
    return [f"{way} {step.revision}: {step.doc}" for step in steps]


async def must_have_transactions(server: MongoServer) -> None:
    """Only members of a replica set, and routers to some, can change several documents together."""
    hello = await server.hello()
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise ValueError("this MongoDB server has no transactions; run it as a replica set (one member is enough)")


def _steps(current: str | None, revision: str) -> tuple[Way, Sequence[Step]]:
    """Which way it is from one revision to another, and the steps in their order."""
    stands = {"base": 0, "head": len(STEPS)} | {step.revision: at for at, step in enumerate(STEPS, 1)}
    if revision not in stands:
        raise ValueError(f"there is no revision {revision}; there are {', '.join(stands)}")
    if current is not None and current not in stands:
        raise ValueError(f"the database is at revision {current}, which this release does not know")
    here, there = stands[current or "base"], stands[revision]
    return ("up", STEPS[here:there]) if here <= there else ("down", STEPS[there:here][::-1])


async def _current(database: Database) -> str | None:
    found = await database[VERSION].find_one({"_id": REVISION})
    return found["revision"] if found else None


async def _up(database: Database, step: Step) -> None:
    for collection in COLLECTIONS if step is STEPS[0] else ():
        await _create(database, collection)
    for index in step.indexes:
        await database[index.collection].create_index(list(index.keys), name=index.name, **dict(index.options))
    if step.fills_search_keys:
        await _fill_search_keys(database)
    await _note(database, step.revision)


async def _fill_search_keys(database: Database) -> None:
    """Give accounts from before their keys; one whose names change meanwhile gets them by that."""
    missing = {"first_name_key": None}
    while found := await database[USERS].find(missing, limit=BATCH).to_list():
        users = [record_of(User, document) for document in found]
        await database[USERS].bulk_write(
            [UpdateOne({"_id": user.id, **missing}, {"$set": search_keys(user)}) for user in users], ordered=False
        )


async def _down(database: Database, step: Step) -> None:
    if step is STEPS[0]:
        for collection in COLLECTIONS:
            await database[collection].drop()
        await database[VERSION].delete_one({"_id": REVISION})
        return
    for index in step.indexes:
        try:
            await database[index.collection].drop_index(index.name)
        except OperationFailure as error:
            if error.code not in (NO_SUCH_NAMESPACE, NO_SUCH_INDEX):
                raise
    await _note(database, STEPS[STEPS.index(step) - 1].revision)


async def _create(database: Database, collection: str) -> None:
    try:
        await database.create_collection(collection)
    except CollectionInvalid:
        return
    except OperationFailure as error:
        if error.code != NAMESPACE_EXISTS:
            raise


async def _note(database: Database, revision: str) -> None:
    await database[VERSION].update_one({"_id": REVISION}, {"$set": {"revision": revision}}, upsert=True)


@asynccontextmanager
async def _alone(database: Database) -> AsyncIterator[None]:
    """Be the only one who migrates. The lease is renewed; if its holder dies, the next one goes on after it.

    It saves work and no more: every step may be taken twice.
    """
    owner = secrets.token_hex(8)
    while not await _take_turn(database, owner):  # noqa: ASYNC110 - other processes set no event of ours
        await asyncio.sleep(PAUSE_SECONDS)
    renewing = asyncio.create_task(_renew(database, owner))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        await database[VERSION].delete_one({"_id": TURN, "owner": owner})


async def _take_turn(database: Database, owner: str) -> bool:
    now = datetime.now(UTC)
    free = {"_id": TURN, "$or": [{"owner": owner}, {"until": {"$lte": plain(now)}}]}
    held = {"$set": {"owner": owner, "until": plain(now + LEASE)}}
    try:
        await database[VERSION].update_one(free, held, upsert=True)
    except DuplicateKeyError:
        return False
    return True


async def _renew(database: Database, owner: str) -> None:
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        await _take_turn(database, owner)
