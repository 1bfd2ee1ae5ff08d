"""The outbox collection."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import Any
from uuid import UUID, uuid4

from doorward.adapters.mongodb import schema
from doorward.adapters.mongodb.documents import Document, moment, plain
from doorward.adapters.mongodb.server import Database, MongoServer
from doorward.adapters.mongodb.transaction import Transaction
from doorward.domain.cursor import read_cursor, write_cursor
from doorward.domain.messages import USUAL_LANGUAGE, Message, MessageKind
from doorward.ports.outbox import Lane, OutboxEntry, OutboxItem, OutboxState
from doorward.ports.store import Page

log = logging.getLogger("doorward.delivery")
IN_ORDER = [("sequence", 1)]
STATES: Mapping[OutboxState, Document] = {
    OutboxState.WAITING: {"dead_at": None, "attempts": 0},
    OutboxState.RETRYING: {"dead_at": None, "attempts": {"$gt": 0}},
    OutboxState.DEAD: {"dead_at": schema.TEXT},
}


class MongoOutbox:
    """Leases on documents; a lease that runs out (its holder died) is open to anybody."""

    def __init__(self, server: MongoServer) -> None:
        self._server = server

    async def claim(
        self, lane: Lane, *, owner: str, now: datetime, lease: timedelta, limit: int
    ) -> Sequence[OutboxItem]:
        due = {**_alive(lane), "due_at": {"$lte": plain(now)}}
        if not await self._server.read(lambda database: database[schema.OUTBOX].find_one(due)):
            return []  # most polls find nothing: they change nothing
        held = {"owner": owner, "lease_until": plain(now + lease)}
        if lane is Lane.EVENTS:
            return await self._server.transaction(lambda t: _claim_events(t, now, limit, held))
        is_free = {"$or": [{"lease_until": None}, {"lease_until": {"$lte": plain(now), **schema.TEXT}}]}
        return await self._claim_messages({**due, **is_free}, limit, held)

    async def complete(self, *items: OutboxItem, owner: str) -> None:
        held = {"$or": [_held(item, owner) for item in items]}
        await self._server.write(lambda database: database[schema.OUTBOX].delete_many(held))

    async def retry(self, item: OutboxItem, *, owner: str, at: datetime, reason: str) -> None:
        noted = {"item": str(item.id), "lane": item.lane.value, "attempts": item.attempts, "reason": reason}
        log.warning("delivery is tried again later", extra=noted)
        freed = {"owner": None, "lease_until": None, "due_at": plain(at), "reason": reason[:255]}
        await self._update(item, owner, {"$set": freed})

    async def bury(self, item: OutboxItem, *, owner: str, reason: str) -> None:
        log.error("delivery is given up", extra={"item": str(item.id), "lane": item.lane.value, "reason": reason})
        await self._update(item, owner, [{"$set": {"dead_at": "$lease_until", "reason": {"$literal": reason[:255]}}}])

    async def depth(self) -> Mapping[str, int]:
        return await self._server.read(_depth)

    async def oldest(self) -> datetime | None:
        alive, first = {"dead_at": None}, [("created_at", 1)]
        found = await self._server.read(lambda database: database[schema.OUTBOX].find_one(alive, sort=first))
        return moment(found["created_at"]) if found else None

    async def page(
        self, *, state: OutboxState | None = None, limit: int, cursor: str | None = None
    ) -> Page[OutboxEntry]:
        where = dict(STATES[state]) if state else {}
        if cursor:
            where["sequence"] = {"$lt": read_cursor(cursor, shape=(int,))[0]}
        newest = {"sort": [("sequence", -1)], "limit": limit + 1}
        read = await self._server.read(lambda database: database[schema.OUTBOX].find(where, **newest).to_list())
        more = len(read) > limit
        return Page([_to_entry(d) for d in read[:limit]], write_cursor(read[limit - 1]["sequence"]) if more else None)

    async def find(self, item_id: UUID) -> OutboxEntry | None:
        found = await self._server.read(lambda database: database[schema.OUTBOX].find_one({"_id": item_id}))
        return _to_entry(found) if found else None

    async def _update(self, item: OutboxItem, owner: str, change: Any) -> None:
        await self._server.write(lambda database: database[schema.OUTBOX].update_one(_held(item, owner), change))

    async def _claim_messages(self, free: Document, limit: int, held: Document) -> Sequence[OutboxItem]:
        """Take the oldest that are free, and others for those that somebody else took first."""
        taken: list[Document] = []
        token = uuid4()
        while missing := limit - len(taken):
            wanted = await self._server.read(partial(_oldest, free=free, limit=missing))
            if not wanted:
                break
            taken += await self._server.write(partial(_take, wanted=wanted, free=free, held=held | {"claim": token}))
        return [_to_item(document) for document in taken]


def _alive(lane: Lane) -> Document:
    return {"lane": lane.value, "dead_at": None}


async def _oldest(database: Database, free: Document, limit: int) -> list[Any]:
    found = database[schema.OUTBOX].find(free, sort=IN_ORDER, limit=limit, projection={"_id": 1})
    return [document["_id"] async for document in found]


async def _take(database: Database, wanted: list[Any], free: Document, held: Document) -> list[Document]:
    """Mark those that are still free, each atomically for itself, and read which ones were."""
    outbox = database[schema.OUTBOX]
    await outbox.update_many({**free, "_id": {"$in": wanted}}, {"$set": held, "$inc": {"attempts": 1}})
    return await outbox.find({"_id": {"$in": wanted}, "claim": held["claim"]}, sort=IN_ORDER).to_list()


async def _claim_events(transaction: Transaction, now: datetime, limit: int, held: Document) -> Sequence[OutboxItem]:
    await transaction.take_turns("events")
    leased = {**_alive(Lane.EVENTS), "lease_until": {"$gt": plain(now)}}
    if await transaction.find(schema.OUTBOX, leased, limit=1):
        return []
    in_order = await transaction.find(schema.OUTBOX, _alive(Lane.EVENTS), sort=IN_ORDER, limit=limit)
    found = list(takewhile(lambda document: document["due_at"] <= plain(now), in_order))
    chosen = {"_id": {"$in": [document["_id"] for document in found]}}
    await transaction.change_all(schema.OUTBOX, chosen, {"$set": held, "$inc": {"attempts": 1}})
    return [_to_item(document | {"attempts": document["attempts"] + 1}) for document in found]


async def _depth(database: Database) -> dict[str, int]:
    outbox = database[schema.OUTBOX]
    counts = {lane.value: await outbox.count_documents(_alive(lane)) for lane in Lane}
    return counts | {"dead": await outbox.count_documents({"dead_at": {"$ne": None}})}


def _held(item: OutboxItem, owner: str) -> Document:
    return {"_id": item.id, "owner": {"$eq": owner}, "attempts": item.attempts}


def _to_entry(document: Document) -> OutboxEntry:
    lane, payload = Lane(document["lane"]), document["payload"]
    message = _to_message(payload) if lane is Lane.MESSAGES else None
    ends = {name: moment(at) if (at := document[name]) else None for name in ("lease_until", "dead_at")}
    return OutboxEntry(
        id=document["_id"],
        lane=lane,
        kind=message.kind if message else payload["type"],
        attempts=document["attempts"],
        reason=document["reason"],
        message=message,
        created_at=moment(document["created_at"]),
        due_at=moment(document["due_at"]),
        **ends,
    )


def _to_item(document: Document) -> OutboxItem:
    lane, payload = Lane(document["lane"]), document["payload"]
    return OutboxItem(
        id=document["_id"],
        lane=lane,
        payload=payload if lane is Lane.EVENTS else {},
        attempts=document["attempts"],
        created_at=moment(document["created_at"]),
        message=_to_message(payload) if lane is Lane.MESSAGES else None,
    )


def _to_message(payload: Mapping[str, Any]) -> Message:
    challenge_id = payload["challenge_id"]
    return Message(
        id=UUID(payload["id"]),
        kind=MessageKind(payload["kind"]),
        to=payload["to"],
        subject_id=UUID(payload["subject_id"]),
        challenge_id=UUID(challenge_id) if challenge_id else None,
        params=payload["params"],
        language=payload.get("language", USUAL_LANGUAGE),
    )
