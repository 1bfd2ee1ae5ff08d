"""The outbox table."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, or_, select, update

from doorward.adapters.sql import tables
from doorward.adapters.sql.engine import Database
from doorward.adapters.sql.locks import take_turns
from doorward.adapters.sql.mapping import Row
from doorward.domain.cursor import read_cursor, write_cursor
from doorward.domain.messages import USUAL_LANGUAGE, Message, MessageKind
from doorward.ports.outbox import Lane, OutboxEntry, OutboxItem, OutboxState
from doorward.ports.store import Page

log = logging.getLogger("doorward.delivery")

_rows = tables.outbox
_THIS = _rows.c.id == bindparam("this")
_HELD = (_THIS, _rows.c.owner == bindparam("who"), _rows.c.attempts == bindparam("tried"))
_ALIVE = _rows.c.dead_at.is_(None)
_DUE = (
    select(_rows.c.id).where(_rows.c.lane == bindparam("wanted"), _ALIVE, _rows.c.due_at <= bindparam("now")).limit(1)
)
_LEASED = select(_rows.c.id).where(_rows.c.lane == Lane.EVENTS, _ALIVE, _rows.c.lease_until > bindparam("now")).limit(1)
_WAITING = select(_rows).where(_ALIVE).order_by(_rows.c.sequence).limit(bindparam("most"))
_WAITING_EVENTS = _WAITING.where(_rows.c.lane == Lane.EVENTS)
_WAITING_MESSAGES = _WAITING.where(
    _rows.c.lane == Lane.MESSAGES,
    _rows.c.due_at <= bindparam("now"),
    or_(_rows.c.lease_until.is_(None), _rows.c.lease_until <= bindparam("now")),
).with_for_update(skip_locked=True)
_CLAIM = (
    update(_rows)
    .where(_THIS)
    .values(owner=bindparam("who"), lease_until=bindparam("until"), attempts=_rows.c.attempts + 1)
)
_COMPLETE = delete(_rows).where(*_HELD)
_RETRY = (
    update(_rows).where(*_HELD).values(owner=None, lease_until=None, due_at=bindparam("at"), reason=bindparam("why"))
)
_BURY = update(_rows).where(*_HELD).values(dead_at=_rows.c.lease_until, reason=bindparam("why"))


class SqlOutbox:
    """Leases on rows; a lease that runs out (its holder died) is open to anybody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self, lane: Lane, *, owner: str, now: datetime, lease: timedelta, limit: int
    ) -> Sequence[OutboxItem]:
        if not await self._database.fetch(_DUE, wanted=lane, now=now):
            return []  # most polls find nothing: they do not ask for the write lock
        found = await self._database.write(lambda c: _claim(c, lane, now, limit, {"who": owner, "until": now + lease}))
        return [_to_item(row) for row in found]

    async def complete(self, *items: OutboxItem, owner: str) -> None:
        held = [_held(item, owner) for item in items]
        if len(held) == 1:
            await self._database.change(_COMPLETE, **held[0])
        else:
            await self._database.write(lambda c: c.execute(_COMPLETE, held))

    async def retry(self, item: OutboxItem, *, owner: str, at: datetime, reason: str) -> None:
        noted = {"item": str(item.id), "lane": item.lane.value, "attempts": item.attempts, "reason": reason}
        log.warning("delivery is tried again later", extra=noted)
        await self._database.change(_RETRY, **_held(item, owner), at=at, why=reason[:255])

    async def bury(self, item: OutboxItem, *, owner: str, reason: str) -> None:
        log.error("delivery is given up", extra={"item": str(item.id), "lane": item.lane.value, "reason": reason})
        await self._database.change(_BURY, **_held(item, owner), why=reason[:255])

    async def depth(self) -> Mapping[str, int]:
        return await self._database.read(_depth)

    async def oldest(self) -> datetime | None:
        rows = tables.outbox
        first = select(func.min(rows.c.created_at)).where(rows.c.dead_at.is_(None))
        return await self._database.read(lambda c: c.scalar(first))

    async def page(
        self, *, state: OutboxState | None = None, limit: int, cursor: str | None = None
    ) -> Page[OutboxEntry]:
        rows = tables.outbox
        found = select(rows).where(*_in_state(state)).order_by(rows.c.sequence.desc()).limit(limit + 1)
        if cursor:
            found = found.where(rows.c.sequence < read_cursor(cursor, shape=(int,))[0])
        read = await self._database.read(lambda c: c.execute(found).mappings().all())
        more = len(read) > limit
        return Page([_to_entry(r) for r in read[:limit]], write_cursor(read[limit - 1]["sequence"]) if more else None)

    async def find(self, item_id: UUID) -> OutboxEntry | None:
        wanted = select(tables.outbox).where(tables.outbox.c.id == item_id)
        row = await self._database.read(lambda c: c.execute(wanted).mappings().first())
        return _to_entry(row) if row else None


def revive(connection: Connection, ids: Sequence[UUID], now: datetime) -> bool:
    """Let items be tried at once; False if not all of them are there and free."""
    is_free = or_(_rows.c.dead_at.is_not(None), _rows.c.lease_until.is_(None), _rows.c.lease_until <= now)
    freed = {"owner": None, "lease_until": None, "dead_at": None, "due_at": now}
    return connection.execute(update(_rows).where(_rows.c.id.in_(ids), is_free).values(freed)).rowcount == len(ids)


def _claim(connection: Connection, lane: Lane, now: datetime, limit: int, claimed: dict[str, Any]) -> Sequence[Row]:
    if lane is Lane.EVENTS:
        take_turns(connection, "events")
        if connection.execute(_LEASED, {"now": now}).first() is not None:
            return []
        waiting = connection.execute(_WAITING_EVENTS, {"most": limit}).mappings().all()
    else:
        waiting = connection.execute(_WAITING_MESSAGES, {"now": now, "most": limit}).mappings().all()
    found = list(takewhile(lambda row: row["due_at"] <= now, waiting))
    if found:
        connection.execute(_CLAIM, [claimed | {"this": row["id"]} for row in found])
    return found


def _depth(connection: Connection) -> dict[str, int]:
    rows = tables.outbox
    is_dead = rows.c.dead_at.is_not(None)
    alive = connection.execute(select(rows.c.lane, func.count()).where(~is_dead).group_by(rows.c.lane))
    counts = dict.fromkeys((lane.value for lane in Lane), 0)
    counts.update((lane, count) for lane, count in alive.all())
    return counts | {"dead": connection.scalar(select(func.count()).select_from(rows).where(is_dead)) or 0}


def _held(item: OutboxItem, owner: str) -> dict[str, Any]:
    return {"this": item.id, "who": owner, "tried": item.attempts}


def _in_state(state: OutboxState | None) -> tuple[ColumnElement[bool], ...]:
    rows = tables.outbox
    if state is None:
        return ()
    if state is OutboxState.DEAD:
        return (rows.c.dead_at.is_not(None),)
    is_tried = rows.c.attempts > 0
    return rows.c.dead_at.is_(None), is_tried if state is OutboxState.RETRYING else ~is_tried


def _to_entry(row: Row) -> OutboxEntry:
    lane, payload = Lane(row["lane"]), row["payload"]
    common = {
        name: row[name] for name in ("id", "attempts", "created_at", "due_at", "lease_until", "dead_at", "reason")
    }
    message = _to_message(payload) if lane is Lane.MESSAGES else None
    return OutboxEntry(lane=lane, kind=message.kind if message else payload["type"], message=message, **common)


def _to_item(row: Row) -> OutboxItem:
    lane, payload = Lane(row["lane"]), row["payload"]
    return OutboxItem(
        id=row["id"],
        lane=lane,
        payload=payload if lane is Lane.EVENTS else {},
        attempts=row["attempts"] + 1,
        created_at=row["created_at"],
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
