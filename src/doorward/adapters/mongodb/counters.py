"""Tallies in a collection."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from doorward.adapters.mongodb import schema
from doorward.adapters.mongodb.documents import Document, clean_at, members_of, plain, record_of
from doorward.adapters.mongodb.purging import purge
from doorward.adapters.mongodb.queueing import Queues
from doorward.adapters.mongodb.server import Database, MongoServer
from doorward.adapters.mongodb.transaction import Conflict, Refused, Transaction
from doorward.domain.tally import Budget, Tally

Changes = Mapping[str, Callable[[Tally], Tally]]


class MongoCounters:
    """Each change replaces the tally that it was computed from, or is done again; in one process they queue."""

    def __init__(self, server: MongoServer) -> None:
        self._server = server
        self._queues = Queues()

    async def change(self, key: str, change: Callable[[Tally], Tally]) -> Tally:
        return await self._server.in_time(lambda: self._change(key, change))

    async def change_all(self, changes: Changes, *, seen: Mapping[str, Tally] | None = None) -> Mapping[str, Tally]:
        if not changes:
            return {}
        return await self._server.in_time(lambda: self._change_all(changes))

    async def take(self, key: str, budget: Budget, now: datetime) -> None:
        await self.change(key, lambda tally: budget.take(tally, now))

    async def find(self, key: str) -> Tally:
        found = await self._server.read(lambda database: database[schema.COUNTERS].find_one({"_id": key}))
        return _tally(found)

    async def find_all(self, keys: Collection[str]) -> Mapping[str, Tally]:
        wanted = {"_id": {"$in": list(keys)}}
        found = await self._server.read(lambda database: database[schema.COUNTERS].find(wanted).to_list())
        return {document["_id"]: _tally(document) for document in found}

    async def purge(self, now: datetime) -> int:
        is_held = {"reserved": {"$gt": 0}, "reserved_until": {"$gt": plain(now)}}
        is_over = {"$or": [{"expires_at": {"$lte": plain(now), **schema.TEXT}}, {"count": 0, "last_at": None}]}
        return await purge(self._server, schema.COUNTERS, {"$and": [is_over, {"$nor": [is_held]}]})

    async def _change(self, key: str, change: Callable[[Tally], Tally]) -> Tally:
        async with self._queues.each([key]):
            return await self._server.write(lambda database: _change(database, key, change))

    async def _change_all(self, changes: Changes) -> Mapping[str, Tally]:
        async with self._queues.each(changes):
            return await self._server.transaction(lambda transaction: _change_all(transaction, changes))


async def _change(database: Database, key: str, change: Callable[[Tally], Tally]) -> Tally:
    rows = database[schema.COUNTERS]
    stored = await rows.find_one({"_id": key})
    before = _tally(stored)
    after = change(before)
    if stored is None:
        try:
            await rows.insert_one({"_id": key, **_members(after)})
        except DuplicateKeyError:
            raise Conflict from None
    elif after != before:
        done = await rows.update_one(_still(key, before), {"$set": _members(after)})
        _expect(done.matched_count)
    return after


async def _change_all(transaction: Transaction, changes: Changes) -> Mapping[str, Tally]:
    found = await transaction.find(schema.COUNTERS, {"_id": {"$in": list(changes)}})
    stored = {document["_id"]: _tally(document) for document in found}
    changed = {key: changes[key](stored.get(key, Tally())) for key in sorted(changes)}
    try:
        for key, after in changed.items():
            if key not in stored:
                await transaction.insert(schema.COUNTERS, {"_id": key, **_members(after)})
            else:
                _expect(await transaction.change(schema.COUNTERS, _still(key, stored[key]), {"$set": _members(after)}))
    except Refused as refused:
        raise Conflict from refused
    return changed


def _still(key: str, tally: Tally) -> Document:
    """The document of a key, if it is as it was read."""
    return {"_id": key, **members_of(tally)}


def _expect(matched: int) -> None:
    if matched != 1:
        raise Conflict


def _members(tally: Tally) -> Document:
    ends = (tally.expires_at, tally.reserved_until) if tally.expires_at else ()
    return members_of(tally) | clean_at(*ends)


def _tally(document: Mapping[str, Any] | None) -> Tally:
    return record_of(Tally, document) if document else Tally()
