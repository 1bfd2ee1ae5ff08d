"""What each kind of change does to the tables. Statements are built once; only what varies is bound."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Delete,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from doorward.adapters.sql import recording, tables
from doorward.adapters.sql.engine import rows_changed
from doorward.adapters.sql.locks import add, inserting, take_turns
from doorward.adapters.sql.mapping import FORMER_PASSWORD, PROFILE, columns_of
from doorward.domain.errors import LastAdmin
from doorward.domain.ids import new_id
from doorward.domain.search import SEARCHED, search_keys
from doorward.domain.user import Role, Status
from doorward.ports import writes

Handler = Callable[[Connection, Any], None]
NOBODY = UUID(int=0)

_NEW, _OLD = "new_", "old_"  # no bound value may be called like a column


def _setting(table: Table, names: Iterable[str], *where: ColumnElement[bool]) -> Update:
    """An UPDATE of some columns; their values are bound as `new_…`."""
    return update(table).where(*where).values({n: bindparam(_NEW + n, type_=table.c[n].type) for n in names})


def _bound(prefix: str, row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {prefix + name: row[name] for name in names}


def _expect_one(connection: Connection, statement: Update | Delete, **values: Any) -> None:
    """Run a conditional change; if it changed no row, its condition does not hold."""
    demand_one = getattr(connection, "demand_one", None)
    if demand_one is not None:
        demand_one(statement, values)
    elif rows_changed(connection, statement, values) != 1:
        raise writes.Stale


def _inserting(table: Table, member: str) -> Handler:
    statement = inserting(table)

    def handle(connection: Connection, group: list[Any]) -> None:
        add(connection, statement, [columns_of(getattr(write, member)) for write in group])

    return handle


_users, _sessions, _challenges = tables.users, tables.sessions, tables.challenges
_registrations, _attempts = tables.registrations, tables.login_attempts
_THIS: BindParameter[Any] = bindparam("this")


def _columns(members: Iterable[str]) -> set[str]:
    """The columns of some members of a user; the profile's stand beside the others."""
    names = set(members)
    return (names - {"profile"}) | (set(PROFILE) if "profile" in names else set())


@cache
def _saving(names: frozenset[str], guard: frozenset[str]) -> Update:
    unchanged = (
        _users.c[name].is_not_distinct_from(bindparam(_OLD + name, type_=_users.c[name].type)) for name in sorted(guard)
    )
    return _setting(_users, sorted(names), _users.c.id == _THIS, *unchanged)


def _save_user(connection: Connection, write: writes.SaveUser) -> None:
    before, after, guard = columns_of(write.old), columns_of(write.new), _columns(write.guard)
    # Writing at least the id makes the row count tell whether the guard held, even if nothing differs.
    names = _columns(writes.changed_members(write)) | {"id"}
    if names & SEARCHED:
        names |= search_keys(write.new).keys()
    values = _bound(_NEW, after, names) | _bound(_OLD, before, guard)
    _expect_one(connection, _saving(frozenset(names), frozenset(guard)), this=write.old.id, **values)


_COUNT_FAILED = update(_users).where(_users.c.id == _THIS).values(failed_attempts=_users.c.failed_attempts + 1)


def _count_failed_attempt(connection: Connection, write: writes.CountFailedAttempt) -> None:
    connection.execute(_COUNT_FAILED, {"this": write.user_id})


_EMAIL_OF = select(_users.c.email).where(_users.c.id == _THIS)
_REMOVE_USER = delete(_users).where(_users.c.id == _THIS)
_FORGET_ATTEMPTS = update(_attempts).where(_attempts.c.user_id == _THIS).values(email=writes.REMOVED)
_REMOVE_REGISTRATIONS = delete(_registrations).where(_registrations.c.email == bindparam("their_email"))
_REMOVE_CHALLENGES_OF = delete(_challenges).where(_challenges.c.subject_id == _THIS)
_REMOVE_BELONGINGS = (
    *(delete(table).where(table.c.user_id == _THIS) for table in (_sessions, tables.credentials)),
    _REMOVE_CHALLENGES_OF,
)


def _remove_user(connection: Connection, write: writes.RemoveUser) -> None:
    this = {"this": write.user_id}
    email = connection.scalar(_EMAIL_OF, this)
    _expect_one(connection, _REMOVE_USER, **this)
    connection.execute(_REMOVE_REGISTRATIONS, {"their_email": email})
    connection.execute(_FORGET_ATTEMPTS, this)
    for statement in _REMOVE_BELONGINGS:
        connection.execute(statement, this)


_ACTIVE_ADMIN = (
    select(_users.c.id)
    .where(
        _users.c.role == Role.ADMIN,
        or_(
            _users.c.status == Status.ACTIVE,
            and_(_users.c.status == Status.LOCKED, _users.c.locked_until <= bindparam("now")),
        ),
    )
    .limit(1)
)


def _keep_admin(connection: Connection, write: writes.KeepAdmin) -> None:
    take_turns(connection, "administrators")
    if connection.execute(_ACTIVE_ADMIN, {"now": write.at}).first() is None:
        raise LastAdmin


def _add_former_password(connection: Connection, write: writes.AddFormerPassword) -> None:
    rows = tables.credentials
    added = {
        "id": new_id(write.at),
        "user_id": write.user_id,
        "method": FORMER_PASSWORD,
        "data": {"hash": write.password_hash},
        "created_at": write.at,
    }
    connection.execute(insert(rows), added)
    mine = (rows.c.user_id == write.user_id) & (rows.c.method == FORMER_PASSWORD)
    newest = select(rows.c.id).where(mine).order_by(rows.c.created_at.desc(), rows.c.id.desc())
    old = connection.execute(newest.offset(write.keep)).scalars().all()
    connection.execute(delete(rows).where(rows.c.id.in_(old)))


_REMOVE_REGISTRATION = delete(_registrations).where(_registrations.c.id == _THIS)
_MAKE_DECOYS = update(_registrations).where(_registrations.c.email == bindparam("their_email")).values(is_decoy=True)


def _settle_registrations(connection: Connection, write: writes.SettleRegistrations) -> None:
    connection.execute(_REMOVE_REGISTRATION, {"this": write.winner_id})
    connection.execute(_MAKE_DECOYS, {"their_email": write.email})


def _remove_registration(connection: Connection, write: writes.RemoveRegistration) -> None:
    # In the order in which a proof writes them, so that the two never wait for each other in a ring.
    connection.execute(_REMOVE_CHALLENGES_OF, {"this": write.registration_id})
    _expect_one(connection, _REMOVE_REGISTRATION, this=write.registration_id)


_IS_OPEN = (_challenges.c.id == _THIS, _challenges.c.consumed_at.is_(None))
_HAND_OVER = _setting(_challenges, _challenges.c.keys(), *_IS_OPEN)
_CONSUME = _setting(_challenges, ("consumed_at",), *_IS_OPEN)
_CONSUME_ALL = _setting(
    _challenges,
    ("consumed_at",),
    _challenges.c.subject_id == _THIS,
    _challenges.c.purpose == bindparam("wanted"),
    _challenges.c.consumed_at.is_(None),
)


def _hand_over(connection: Connection, write: writes.HandOver) -> None:
    values = _bound(_NEW, columns_of(write.challenge), _challenges.c.keys())
    _expect_one(connection, _HAND_OVER, this=write.challenge.id, **values)


def _consume_challenge(connection: Connection, write: writes.ConsumeChallenge) -> None:
    _expect_one(connection, _CONSUME, this=write.challenge_id, new_consumed_at=write.at)


def _consume_challenges(connection: Connection, write: writes.ConsumeChallenges) -> None:
    connection.execute(_CONSUME_ALL, {"this": write.subject_id, "wanted": write.purpose, "new_consumed_at": write.at})


_IS_LIVE = _sessions.c.ended_at.is_(None)
_ROTATE = _setting(
    _sessions,
    _sessions.c.keys(),
    _sessions.c.id == _THIS,
    _sessions.c.generation == bindparam("before"),
    _IS_LIVE,
)
_END = _setting(_sessions, ("ended_at",), _sessions.c.id == _THIS, _IS_LIVE)
_END_ALL = _setting(_sessions, ("ended_at",), _sessions.c.user_id == _THIS, _IS_LIVE)
_END_OTHERS = _END_ALL.where(_sessions.c.id != bindparam("but"))


def _rotate_session(connection: Connection, write: writes.RotateSession) -> None:
    session = write.session
    values = _bound(_NEW, columns_of(session), _sessions.c.keys())
    _expect_one(connection, _ROTATE, this=session.id, before=session.generation - 1, **values)


def _end_session(connection: Connection, write: writes.EndSession) -> None:
    _expect_one(connection, _END, this=write.session_id, new_ended_at=write.at)


def _end_sessions(connection: Connection, write: writes.EndSessions) -> None:
    values = {"this": write.user_id, "new_ended_at": write.at}
    if write.but is None:
        connection.execute(_END_ALL, values)
    else:
        connection.execute(_END_OTHERS, values | {"but": write.but})


def _put_signing_key(connection: Connection, write: writes.PutSigningKey) -> None:
    rows, values = tables.signing_keys, columns_of(write.key)
    if write.replaces is None:
        try:
            connection.execute(insert(rows), values)
        except IntegrityError:
            raise writes.Stale from None
        return
    is_same = [rows.c[name].is_not_distinct_from(value) for name, value in columns_of(write.replaces).items()]
    _expect_one(connection, update(rows).where(*is_same).values(values))


# Neighbours of one kind in a commit are written by one statement: an import has hundreds of them.
GROUP_HANDLERS: dict[type, Handler] = {
    writes.AddUser: _inserting(tables.users, "user"),
    writes.AddRegistration: _inserting(tables.registrations, "registration"),
    writes.AddChallenge: _inserting(tables.challenges, "challenge"),
    writes.AddSession: _inserting(tables.sessions, "session"),
    writes.Record: recording.record,
    writes.Send: recording.send,
}
HANDLERS: dict[type, Handler] = {
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
    writes.AddLoginAttempt: recording.add_attempt,
    writes.ReviveDeliveries: recording.revive_deliveries,
}
