"""The store: reads by record, and commits that make all their changes or none."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from doorward.adapters.sql import readers, tables
from doorward.adapters.sql.engine import Database
from doorward.adapters.sql.mapping import PROFILE, columns_of
from doorward.domain.errors import IdentifierTaken
from doorward.domain.events import wire_event
from doorward.domain.identifiers import Kind
from doorward.domain.ids import new_id
from doorward.ports import writes
from doorward.ports.outbox import Lane

Handler = Callable[[AsyncConnection, Any], Awaitable[None]]


class SqlStore:
    """All records in one SQL database."""

    def __init__(self, database: Database, *, notify: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._notify = notify
        self.users = readers.SqlUsers(database)
        self.registrations = readers.SqlRegistrations(database)
        self.challenges = readers.SqlChallenges(database)
        self.sessions = readers.SqlSessions(database)
        self.audit = readers.SqlAuditLog(database)

    async def commit(self, *changes: writes.Write) -> None:
        try:
            async with self._database.writing() as connection:
                for change in changes:
                    await _HANDLERS[type(change)](connection, change)
        except IntegrityError as error:
            raise _taken(error) from None
        if writes.fills_outbox(changes):
            self._notify()

    async def purge(self, now: datetime) -> int:
        async with self._database.writing() as connection:
            expiring = (tables.registrations, tables.challenges, tables.sessions)
            results = [await connection.execute(delete(t).where(t.c.expires_at <= now)) for t in expiring]
            return sum(result.rowcount for result in results)

    async def check(self) -> None:
        async with self._database.reading() as connection:
            await connection.execute(text("SELECT 1"))


def _taken(error: IntegrityError) -> Exception:
    """Which identifier a unique constraint refused; anything else stays what it is."""
    message = str(error.orig)
    for kind in Kind:
        if f"users.{kind.value}" in message or f"users_{kind.value}" in message:
            return IdentifierTaken(kind.value)
    return error


async def _expect_one(connection: AsyncConnection, statement: Any) -> None:
    """Run a conditional change; if it changed no row, its condition does not hold."""
    if (await connection.execute(statement)).rowcount != 1:
        raise writes.Stale


def _inserting(table: Table, member: str) -> Handler:
    async def handle(connection: AsyncConnection, write: Any) -> None:
        await connection.execute(insert(table).values(columns_of(getattr(write, member))))

    return handle


def _columns(members: Iterable[str]) -> set[str]:
    """The columns of some members of a user; the profile's stand beside the others."""
    names = set(members)
    return (names - {"profile"}) | (set(PROFILE) if "profile" in names else set())


async def _save_user(connection: AsyncConnection, write: writes.SaveUser) -> None:
    before, after = columns_of(write.old), columns_of(write.new)
    users, names = tables.users, _columns(writes.changed_members(write))
    unchanged: list[ColumnElement[bool]] = [
        users.c[name].is_not_distinct_from(before[name]) for name in _columns(write.guard)
    ]
    # Writing at least the id makes the row count tell whether the guard held, even if nothing differs.
    values = {name: after[name] for name in names} | {"id": write.old.id}
    await _expect_one(connection, update(users).where(users.c.id == write.old.id, *unchanged).values(values))


async def _count_failed_attempt(connection: AsyncConnection, write: writes.CountFailedAttempt) -> None:
    users = tables.users
    counted = update(users).where(users.c.id == write.user_id).values(failed_attempts=users.c.failed_attempts + 1)
    await connection.execute(counted)


async def _remove_user(connection: AsyncConnection, write: writes.RemoveUser) -> None:
    await _expect_one(connection, delete(tables.users).where(tables.users.c.id == write.user_id))
    for table in (tables.sessions, tables.credentials):
        await connection.execute(delete(table).where(table.c.user_id == write.user_id))
    await connection.execute(delete(tables.challenges).where(tables.challenges.c.subject_id == write.user_id))


async def _add_former_password(connection: AsyncConnection, write: writes.AddFormerPassword) -> None:
    rows = tables.credentials
    added = {
        "id": new_id(write.at),
        "user_id": write.user_id,
        "method": readers.FORMER_PASSWORD,
        "data": {"hash": write.password_hash},
        "created_at": write.at,
    }
    await connection.execute(insert(rows).values(added))
    mine = (rows.c.user_id == write.user_id) & (rows.c.method == readers.FORMER_PASSWORD)
    newest = select(rows.c.id).where(mine).order_by(rows.c.created_at.desc(), rows.c.id.desc())
    old = (await connection.execute(newest.offset(write.keep))).scalars().all()
    await connection.execute(delete(rows).where(rows.c.id.in_(old)))


async def _settle_registrations(connection: AsyncConnection, write: writes.SettleRegistrations) -> None:
    rows = tables.registrations
    await connection.execute(delete(rows).where(rows.c.id == write.winner_id))
    await connection.execute(update(rows).where(rows.c.email == write.email).values(is_decoy=True))


async def _hand_over(connection: AsyncConnection, write: writes.HandOver) -> None:
    rows = tables.challenges
    is_open = (rows.c.id == write.challenge.id, rows.c.consumed_at.is_(None))
    await _expect_one(connection, update(rows).where(*is_open).values(columns_of(write.challenge)))


async def _consume_challenge(connection: AsyncConnection, write: writes.ConsumeChallenge) -> None:
    rows = tables.challenges
    is_open = (rows.c.id == write.challenge_id, rows.c.consumed_at.is_(None))
    await _expect_one(connection, update(rows).where(*is_open).values(consumed_at=write.at))


async def _consume_challenges(connection: AsyncConnection, write: writes.ConsumeChallenges) -> None:
    rows = tables.challenges
    are_open = (rows.c.subject_id == write.subject_id, rows.c.purpose == write.purpose, rows.c.consumed_at.is_(None))
    await connection.execute(update(rows).where(*are_open).values(consumed_at=write.at))


async def _rotate_session(connection: AsyncConnection, write: writes.RotateSession) -> None:
    rows, session = tables.sessions, write.session
    is_before = (rows.c.id == session.id, rows.c.generation == session.generation - 1, rows.c.ended_at.is_(None))
    await _expect_one(connection, update(rows).where(*is_before).values(columns_of(session)))


async def _end_session(connection: AsyncConnection, write: writes.EndSession) -> None:
    rows = tables.sessions
    is_live = (rows.c.id == write.session_id, rows.c.ended_at.is_(None))
    await _expect_one(connection, update(rows).where(*is_live).values(ended_at=write.at))


async def _end_sessions(connection: AsyncConnection, write: writes.EndSessions) -> None:
    rows = tables.sessions
    live = [rows.c.user_id == write.user_id, rows.c.ended_at.is_(None)]
    live += [rows.c.id != write.but] if write.but else []
    await connection.execute(update(rows).where(*live).values(ended_at=write.at))


async def _record(connection: AsyncConnection, write: writes.Record) -> None:
    event = write.event
    row = {
        "id": event.id,
        "user_id": event.user_id,
        "event_type": event.type.audit_name,
        "event_time": event.at,
        "details": dict(event.details),
        "ip_address": event.client.ip_address,
    }
    await connection.execute(insert(tables.audit_logs).values(row))
    if event.type.wire_name:
        await _enqueue(connection, Lane.EVENTS, event.id, wire_event(event), event.at)


async def _send(connection: AsyncConnection, write: writes.Send) -> None:
    told = asdict(write.message).items()
    intent = {name: str(value) if name.endswith("id") and value else value for name, value in told}
    await _enqueue(connection, Lane.MESSAGES, write.message.id, intent, write.at)


async def _enqueue(connection: AsyncConnection, lane: Lane, item_id: Any, payload: Any, at: datetime) -> None:
    row = {"id": item_id, "lane": lane, "payload": payload, "attempts": 0, "created_at": at, "due_at": at}
    await connection.execute(insert(tables.outbox).values(row))


_HANDLERS: dict[type, Handler] = {
    writes.AddUser: _inserting(tables.users, "user"),
    writes.SaveUser: _save_user,
    writes.CountFailedAttempt: _count_failed_attempt,
    writes.RemoveUser: _remove_user,
    writes.AddFormerPassword: _add_former_password,
    writes.AddRegistration: _inserting(tables.registrations, "registration"),
    writes.SettleRegistrations: _settle_registrations,
    writes.AddChallenge: _inserting(tables.challenges, "challenge"),
    writes.HandOver: _hand_over,
    writes.ConsumeChallenge: _consume_challenge,
    writes.ConsumeChallenges: _consume_challenges,
    writes.AddSession: _inserting(tables.sessions, "session"),
    writes.RotateSession: _rotate_session,
    writes.EndSession: _end_session,
    writes.EndSessions: _end_sessions,
    writes.Record: _record,
    writes.AddLoginAttempt: _inserting(tables.login_attempts, "attempt"),
    writes.Send: _send,
}
