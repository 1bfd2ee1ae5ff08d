"""The store: reads by record, and commits that make all their changes or none."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, and_, case, delete, exists, insert, or_, select, text, update
from sqlalchemy.exc import IntegrityError

from doorward.adapters.sql import readers, tables
from doorward.adapters.sql.engine import Database
from doorward.adapters.sql.locks import hold_accounts, take_turns
from doorward.adapters.sql.mapping import PROFILE, columns_of
from doorward.adapters.sql.purging import purge
from doorward.domain.errors import IdentifierTaken, LastAdmin
from doorward.domain.events import wire_event
from doorward.domain.identifiers import Kind
from doorward.domain.ids import new_id
from doorward.domain.search import SEARCHED, search_keys
from doorward.domain.user import Role, Status
from doorward.ports import writes
from doorward.ports.outbox import Lane
from doorward.ports.store import Committed

Handler = Callable[[Connection, Any], None]
NOBODY = UUID(int=0)


class SqlStore:
    """All records in one SQL database."""

    def __init__(self, database: Database, *, committed: Committed = lambda _: None) -> None:
        self._database = database
        self._committed = committed
        self.users = readers.SqlUsers(database)
        self.registrations = readers.SqlRegistrations(database)
        self.challenges = readers.SqlChallenges(database)
        self.sessions = readers.SqlSessions(database)
        self.signing_keys = readers.SqlSigningKeys(database)
        self.audit = readers.SqlAuditLog(database)

    async def commit(self, *changes: writes.Write) -> None:
        def make(connection: Connection) -> None:
            hold_accounts(connection, changes)
            for kind, group in groupby(changes, type):
                if kind in _GROUP_HANDLERS:
                    _GROUP_HANDLERS[kind](connection, list(group))
                    continue
                for change in group:
                    _HANDLERS[kind](connection, change)

        try:
            await self._database.write(make)
        except IntegrityError as error:
            raise _taken(error) from None
        self._committed(changes)

    async def purge(self, now: datetime) -> int:
        expiring = (tables.registrations, tables.challenges, tables.sessions)
        return sum([await purge(self._database, table.c.id, table.c.expires_at <= now) for table in expiring])

    async def check(self) -> None:
        await self._database.read(lambda c: c.execute(text("SELECT 1")).scalar())


def _taken(error: IntegrityError) -> Exception:
    """What a unique constraint refused: an id, an identifier; anything else stays what it is."""
    name = _constraint(error)
    if name in ("users.id", "pk_users", "users.PRIMARY", "PRIMARY"):
        return writes.Stale()
    for kind in Kind:
        if name in (f"users.{kind.value}", f"uq_users_{kind.value}", f"users.uq_users_{kind.value}"):
            return IdentifierTaken(kind.value)
    return error


def _constraint(error: IntegrityError) -> str:
    """What the engine calls the constraint; the rest of its message holds values that people chose."""
    named: str | None = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
    if named is not None:
        return named
    message = str(getattr(error.orig, "args", ("",))[-1])
    if message.startswith("Duplicate entry"):
        return message.rpartition(" for key ")[2].strip("'")
    return message.removeprefix("UNIQUE constraint failed: ").partition(",")[0]


def _expect_one(connection: Connection, statement: Any) -> None:
    """Run a conditional change; if it changed no row, its condition does not hold."""
    if connection.execute(statement).rowcount != 1:
        raise writes.Stale


def _inserting(table: Table, member: str) -> Handler:
    def handle(connection: Connection, group: list[Any]) -> None:
        connection.execute(insert(table), [columns_of(getattr(write, member)) for write in group])

    return handle


def _columns(members: Iterable[str]) -> set[str]:
    """The columns of some members of a user; the profile's stand beside the others."""
    names = set(members)
    return (names - {"profile"}) | (set(PROFILE) if "profile" in names else set())


def _save_user(connection: Connection, write: writes.SaveUser) -> None:
    before, after = columns_of(write.old), columns_of(write.new)
    users, names = tables.users, _columns(writes.changed_members(write))
    unchanged: list[ColumnElement[bool]] = [
        users.c[name].is_not_distinct_from(before[name]) for name in _columns(write.guard)
    ]
    # Writing at least the id makes the row count tell whether the guard held, even if nothing differs.
    values = {name: after[name] for name in names} | {"id": write.old.id}
    values |= search_keys(write.new) if names & SEARCHED else {}
    _expect_one(connection, update(users).where(users.c.id == write.old.id, *unchanged).values(values))


def _count_failed_attempt(connection: Connection, write: writes.CountFailedAttempt) -> None:
    users = tables.users
    counted = update(users).where(users.c.id == write.user_id).values(failed_attempts=users.c.failed_attempts + 1)
    connection.execute(counted)


def _remove_user(connection: Connection, write: writes.RemoveUser) -> None:
    users, attempts = tables.users, tables.login_attempts
    email = connection.scalar(select(users.c.email).where(users.c.id == write.user_id))
    _expect_one(connection, delete(users).where(users.c.id == write.user_id))
    connection.execute(delete(tables.registrations).where(tables.registrations.c.email == email))
    connection.execute(update(attempts).where(attempts.c.user_id == write.user_id).values(email=writes.REMOVED))
    for table in (tables.sessions, tables.credentials):
        connection.execute(delete(table).where(table.c.user_id == write.user_id))
    connection.execute(delete(tables.challenges).where(tables.challenges.c.subject_id == write.user_id))


def _keep_admin(connection: Connection, write: writes.KeepAdmin) -> None:
    users = tables.users
    is_over = and_(users.c.status == Status.LOCKED, users.c.locked_until <= write.at)
    is_active = or_(users.c.status == Status.ACTIVE, is_over)
    take_turns(connection, "administrators")
    admins = select(users.c.id).where(users.c.role == Role.ADMIN, is_active).limit(1)
    if connection.execute(admins).first() is None:
        raise LastAdmin


def _add_former_password(connection: Connection, write: writes.AddFormerPassword) -> None:
    rows = tables.credentials
    added = {
        "id": new_id(write.at),
        "user_id": write.user_id,
        "method": readers.FORMER_PASSWORD,
        "data": {"hash": write.password_hash},
        "created_at": write.at,
    }
    connection.execute(insert(rows).values(added))
    mine = (rows.c.user_id == write.user_id) & (rows.c.method == readers.FORMER_PASSWORD)
    newest = select(rows.c.id).where(mine).order_by(rows.c.created_at.desc(), rows.c.id.desc())
    old = connection.execute(newest.offset(write.keep)).scalars().all()
    connection.execute(delete(rows).where(rows.c.id.in_(old)))


def _settle_registrations(connection: Connection, write: writes.SettleRegistrations) -> None:
    rows = tables.registrations
    connection.execute(delete(rows).where(rows.c.id == write.winner_id))
    connection.execute(update(rows).where(rows.c.email == write.email).values(is_decoy=True))


def _remove_registration(connection: Connection, write: writes.RemoveRegistration) -> None:
    # In the order in which a proof writes them, so that the two never wait for each other in a ring.
    connection.execute(delete(tables.challenges).where(tables.challenges.c.subject_id == write.registration_id))
    _expect_one(connection, delete(tables.registrations).where(tables.registrations.c.id == write.registration_id))


def _hand_over(connection: Connection, write: writes.HandOver) -> None:
    rows = tables.challenges
    is_open = (rows.c.id == write.challenge.id, rows.c.consumed_at.is_(None))
    _expect_one(connection, update(rows).where(*is_open).values(columns_of(write.challenge)))


def _consume_challenge(connection: Connection, write: writes.ConsumeChallenge) -> None:
    rows = tables.challenges
    is_open = (rows.c.id == write.challenge_id, rows.c.consumed_at.is_(None))
    _expect_one(connection, update(rows).where(*is_open).values(consumed_at=write.at))


def _consume_challenges(connection: Connection, write: writes.ConsumeChallenges) -> None:
    rows = tables.challenges
    are_open = (rows.c.subject_id == write.subject_id, rows.c.purpose == write.purpose, rows.c.consumed_at.is_(None))
    connection.execute(update(rows).where(*are_open).values(consumed_at=write.at))


def _rotate_session(connection: Connection, write: writes.RotateSession) -> None:
    rows, session = tables.sessions, write.session
    is_before = (rows.c.id == session.id, rows.c.generation == session.generation - 1, rows.c.ended_at.is_(None))
    _expect_one(connection, update(rows).where(*is_before).values(columns_of(session)))


def _end_session(connection: Connection, write: writes.EndSession) -> None:
    rows = tables.sessions
    is_live = (rows.c.id == write.session_id, rows.c.ended_at.is_(None))
    _expect_one(connection, update(rows).where(*is_live).values(ended_at=write.at))


def _end_sessions(connection: Connection, write: writes.EndSessions) -> None:
    rows = tables.sessions
    live = [rows.c.user_id == write.user_id, rows.c.ended_at.is_(None)]
    live += [rows.c.id != write.but] if write.but else []
    connection.execute(update(rows).where(*live).values(ended_at=write.at))


def _put_signing_key(connection: Connection, write: writes.PutSigningKey) -> None:
    rows, values = tables.signing_keys, columns_of(write.key)
    if write.replaces is None:
        try:
            connection.execute(insert(rows).values(values))
        except IntegrityError:
            raise writes.Stale from None
        return
    is_same = [rows.c[name].is_not_distinct_from(value) for name, value in columns_of(write.replaces).items()]
    _expect_one(connection, update(rows).where(*is_same).values(values))


def _record(connection: Connection, group: list[writes.Record]) -> None:
    events = [write.event for write in group]
    rows = [
        {
            "id": event.id,
            "user_id": event.user_id,
            "event_type": event.type.audit_name,
            "event_time": event.at,
            "details": dict(event.details),
            "ip_address": event.client.ip_address,
        }
        for event in events
    ]
    connection.execute(insert(tables.audit_logs), rows)
    for event in events:
        if event.type.is_verification and event.user_id:
            entry = {"id": event.id, "user_id": event.user_id, "event": event.type.audit_name, "at": event.at}
            connection.execute(insert(tables.verification_log).values(entry))
        if event.type.wire_name:
            _enqueue(connection, Lane.EVENTS, event.id, wire_event(event), event.at)


def _add_attempt(connection: Connection, write: writes.AddLoginAttempt) -> None:
    values, owner = columns_of(write.attempt), write.attempt.user_id
    # One statement for a known and an unknown identifier, so that both cost the same.
    is_there = exists().where(tables.users.c.id == (owner or NOBODY))
    values["email"] = case((is_there, values["email"]), else_=writes.REMOVED if owner else values["email"])
    connection.execute(insert(tables.login_attempts).values(values))


def _send(connection: Connection, write: writes.Send) -> None:
    told = asdict(write.message).items()
    intent = {name: str(value) if name.endswith("id") and value else value for name, value in told}
    _enqueue(connection, Lane.MESSAGES, write.message.id, intent, write.at)


def _enqueue(connection: Connection, lane: Lane, item_id: Any, payload: Any, at: datetime) -> None:
    row = {"id": item_id, "lane": lane, "payload": payload, "attempts": 0, "created_at": at, "due_at": at}
    connection.execute(insert(tables.outbox).values(row))


# Neighbours of one kind in a commit are written by one statement: an import has hundreds of them.
_GROUP_HANDLERS: dict[type, Handler] = {
    writes.AddUser: _inserting(tables.users, "user"),
    writes.AddRegistration: _inserting(tables.registrations, "registration"),
    writes.AddChallenge: _inserting(tables.challenges, "challenge"),
    writes.AddSession: _inserting(tables.sessions, "session"),
    writes.Record: _record,
}
_HANDLERS: dict[type, Handler] = {
    writes.SaveUser: _save_user,
    writes.CountFailedAttempt: _count_failed_attempt,
    writes.RemoveUser: _remove_user,
    writes.KeepAdmin: _keep_admin,
    writes.AddFormerPassword: _add_former_password,
    writes.SettleRegistrations: _settle_registrations,
    writes.RemoveRegistration: _remove_registration,
    writes.HandOver: _hand_over,
    writes.ConsumeChallenge: _consume_challenge,
    writes.ConsumeChallenges: _consume_challenges,
    writes.RotateSession: _rotate_session,
    writes.EndSession: _end_session,
    writes.EndSessions: _end_sessions,
    writes.PutSigningKey: _put_signing_key,
    writes.AddLoginAttempt: _add_attempt,
    writes.Send: _send,
}
