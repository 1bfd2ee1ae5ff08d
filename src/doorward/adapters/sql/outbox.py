"""The outbox table."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, or_, select, update

from doorward.adapters.sql import tables
from doorward.adapters.sql.engine import Database
from doorward.adapters.sql.locks import take_turns
from doorward.domain.cursor import read_cursor, write_cursor
from doorward.domain.messages import USUAL_LANGUAGE, Message, MessageKind
from doorward.ports.outbox import Lane, OutboxEntry, OutboxItem, OutboxState
from doorward.ports.store import Page

log = logging.getLogger("doorward.delivery")


class SqlOutbox:
    """Leases on rows; a lease that runs out (its holder died) is open to anybody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self, lane: Lane, *, owner: str, now: datetime, lease: timedelta, limit: int
    ) -> Sequence[OutboxItem]:
        if not await self._database.read(lambda c: _has_due(c, lane, now)):
            return []  # most polls find nothing: they do not ask for the write lock
        claimed = {"owner": owner, "lease_until": now + lease, "attempts": tables.outbox.c.attempts + 1}
        found = await self._database.write(lambda c: _claim(c, lane, now, limit, claimed))
        return [_to_item(row) for row in found]

    async def complete(self, item: OutboxItem, *, owner: str) -> None:
        await self._database.write(lambda c: c.execute(delete(tables.outbox).where(*_held(item, owner))))

    async def retry(self, item: OutboxItem, *, owner: str, at: datetime, reason: str) -> None:
        noted = {"item": str(item.id), "lane": item.lane.value, "attempts": item.attempts, "reason": reason}
        log.warning("delivery is tried again later", extra=noted)
        freed = {"owner": None, "lease_until": None, "due_at": at, "reason": reason[:255]}
        await self._update(item, owner, freed)

    async def bury(self, item: OutboxItem, *, owner: str, reason: str) -> None:
        log.error("delivery is given up", extra={"item": str(item.id), "lane": item.lane.value, "reason": reason})
        await self._update(item, owner, {"dead_at": tables.outbox.c.lease_until, "reason": reason[:255]})

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

    async def _update(self, item: OutboxItem, owner: str, values: dict[str, Any]) -> None:
        changed = update(tables.outbox).where(*_held(item, owner)).values(values)
        await self._database.write(lambda c: c.execute(changed))


def revive(connection: Connection, ids: Sequence[UUID], now: datetime) -> bool:
    """Let items be tried at once; False if not all of them are there and free."""
    rows = tables.outbox
    is_free = or_(rows.c.dead_at.is_not(None), rows.c.lease_until.is_(None), rows.c.lease_until <= now)
    freed = {"owner": None, "lease_until": None, "dead_at": None, "due_at": now}
    return connection.execute(update(rows).where(rows.c.id.in_(ids), is_free).values(freed)).rowcount == len(ids)


def _has_due(connection: Connection, lane: Lane, now: datetime) -> bool:
    rows = tables.outbox
    due = select(rows.c.id).where(rows.c.lane == lane, rows.c.dead_at.is_(None), rows.c.due_at <= now).limit(1)
    return connection.execute(due).first() is not None


def _claim(
    connection: Connection, lane: Lane, now: datetime, limit: int, claimed: dict[str, Any]
) -> Sequence[RowMapping]:
    rows = tables.outbox
    waiting = select(rows).where(rows.c.lane == lane, rows.c.dead_at.is_(None)).order_by(rows.c.sequence)
    if lane is Lane.MESSAGES:
        is_free = or_(rows.c.lease_until.is_(None), rows.c.lease_until <= now)
        waiting = waiting.where(rows.c.due_at <= now, is_free).with_for_update(skip_locked=True)
    else:
        take_turns(connection, "events")
        if _is_leased(connection, now):
            return []
    in_order = connection.execute(waiting.limit(limit)).mappings().all()
    found = list(takewhile(lambda row: row["due_at"] <= now, in_order))
    connection.execute(update(rows).where(rows.c.id.in_([row["id"] for row in found])).values(claimed))
    return found


def _is_leased(connection: Connection, now: datetime) -> bool:
    """Whether an owner holds any event."""
    rows = tables.outbox
    held = select(rows.c.id).where(rows.c.lane == Lane.EVENTS, rows.c.dead_at.is_(None), rows.c.lease_until > now)
    return connection.execute(held.limit(1)).first() is not None


def _depth(connection: Connection) -> dict[str, int]:
    rows = tables.outbox
    is_dead = rows.c.dead_at.is_not(None)
    alive = connection.execute(select(rows.c.lane, func.count()).where(~is_dead).group_by(rows.c.lane))
    counts = dict.fromkeys((lane.value for lane in Lane), 0)
    counts.update((lane, count) for lane, count in alive.all())
    return counts | {"dead": connection.scalar(select(func.count()).select_from(rows).where(is_dead)) or 0}


def _held(item: OutboxItem, owner: str) -> tuple[Any, ...]:
    rows = tables.outbox
    return rows.c.id == item.id, rows.c.owner == owner, rows.c.attempts == item.attempts


def _in_state(state: OutboxState | None) -> tuple[ColumnElement[bool], ...]:
    rows = tables.outbox
    if state is None:
        return ()
    if state is OutboxState.DEAD:
        return (rows.c.dead_at.is_not(None),)
    is_tried = rows.c.attempts > 0
    return rows.c.dead_at.is_(None), is_tried if state is OutboxState.RETRYING else ~is_tried


def _to_entry(row: RowMapping) -> OutboxEntry:
    lane, payload = Lane(row["lane"]), row["payload"]
    common = {
        name: row[name] for name in ("id", "attempts", "created_at", "due_at", "lease_until", "dead_at", "reason")
    }
    message = _to_message(payload) if lane is Lane.MESSAGES else None
    return OutboxEntry(lane=lane, kind=message.kind if message else payload["type"], message=message, **common)


def _to_item(row: RowMapping) -> OutboxItem:
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
