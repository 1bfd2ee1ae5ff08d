"""Reads."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)

from doorward.adapters.sql import mapping, tables
from doorward.adapters.sql.engine import Database
from doorward.adapters.sql.mapping import Row
from doorward.adapters.sql.matching import matching
from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.cursor import read_cursor, write_cursor
from doorward.domain.errors import InvalidInput, NotFound, Violation
from doorward.domain.events import LoginAttempt, VerificationEntry
from doorward.domain.identifiers import Identifier, Kind
from doorward.domain.registration import Registration
from doorward.domain.search import LAST, Search
from doorward.domain.session import Session
from doorward.domain.signing import SigningKey
from doorward.domain.user import User
from doorward.ports.store import AuditQuery, AuditRow, Page, UserQuery

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """What all reads share."""

    database: Database

    async def found(self, query: Select[Any], to_record: Callable[[Row], T], **values: Any) -> list[T]:
        """What a query that is a constant finds."""
        return [to_record(row) for row in await self.database.fetch(query, **values)]

    async def first(self, query: Select[Any], to_record: Callable[[Row], T], **values: Any) -> T | None:
        rows = await self.database.fetch(query, **values)
        return to_record(rows[0]) if rows else None

    async def searched(self, query: Select[Any], to_record: Callable[[Row], T]) -> list[T]:
        """What a query finds that was put together for this call."""
        return await self.database.read(lambda c: [to_record(row) for row in c.execute(query).mappings()])


def _by(column: Column[Any]) -> Select[Any]:
    """The row whose unique column has the bound value `wanted`."""
    return select(column.table).where(column == bindparam("wanted"))


def _newest_first(rows: Table, *where: ColumnElement[bool]) -> Select[Any]:
    return select(rows).where(*where).order_by(rows.c.created_at.desc(), rows.c.id.desc())


_USER, _REGISTRATION = _by(tables.users.c.id), _by(tables.registrations.c.id)
_CHALLENGE, _SESSION = _by(tables.challenges.c.id), _by(tables.sessions.c.id)
_NAMED = {kind: _by(tables.users.c[kind.value]) for kind in Kind}
_FORMER_PASSWORDS = _newest_first(
    tables.credentials,
    tables.credentials.c.user_id == bindparam("wanted"),
    tables.credentials.c.method == mapping.FORMER_PASSWORD,
).limit(bindparam("most"))
_LATEST_CHALLENGE = _newest_first(
    tables.challenges,
    tables.challenges.c.subject_id == bindparam("wanted"),
    tables.challenges.c.purpose == bindparam("why"),
).limit(1)
_LIVE_SESSIONS = _newest_first(
    tables.sessions, tables.sessions.c.user_id == bindparam("wanted"), tables.sessions.c.ended_at.is_(None)
)
_OWN, _OF_SESSION, _OF_USER = "session_", tuple(tables.sessions.c.keys()), tuple(tables.users.c.keys())
_SESSION_AND_USER = (
    select(tables.users, *(column.label(_OWN + column.name) for column in tables.sessions.c))
    .join_from(tables.sessions, tables.users, tables.users.c.id == tables.sessions.c.user_id)
    .where(tables.sessions.c.id == bindparam("wanted"))
)
_SIGNING_KEYS = select(tables.signing_keys).order_by(tables.signing_keys.c.generation)


class SqlUsers(Reading):
    """Accounts."""

    async def get(self, user_id: UUID) -> User:
        user = await self.first(_USER, mapping.to_user, wanted=user_id)
        if user is None:
            raise NotFound
        return user

    async def find(self, identifier: Identifier) -> User | None:
        return await self.first(_NAMED[identifier.kind], mapping.to_user, wanted=identifier.value)

    async def matching(self, ids: Collection[UUID], identifiers: Collection[Identifier]) -> Sequence[User]:
        return await matching(self.database, ids, identifiers)

    async def closing(self, until: datetime, limit: int) -> Sequence[User]:
        at = tables.users.c.closes_at
        return await self.searched(select(tables.users).where(at <= until).order_by(at).limit(limit), mapping.to_user)

    async def former_passwords(self, user_id: UUID, limit: int) -> Sequence[str]:
        rows = await self.database.fetch(_FORMER_PASSWORDS, wanted=user_id, most=limit)
        return [str(row["data"]["hash"]) for row in rows]

    async def page(self, query: UserQuery) -> Page[User]:
        users, descends = tables.users, query.sort.startswith("-")
        order = [users.c[query.sort.lstrip("-")], users.c.id]
        found = select(users).select_from(_searched(query)).where(*_user_conditions(query))
        if query.cursor:
            found = found.where(_is_beyond(order, _user_position(query), descends=descends))
        found = found.order_by(*(column.desc() if descends else column for column in order))
        items = await self.searched(found.limit(query.limit + 1), mapping.to_user)
        return _page(items, query.limit, lambda user: _position_of(user, query.sort.lstrip("-")))

    async def count(self, query: UserQuery, *, at_most: int | None = None) -> int:
        found = select(tables.users.c.id).select_from(_searched(query)).where(*_user_conditions(query)).limit(at_most)
        counted = select(func.count()).select_from(found.subquery())
        return await self.database.read(lambda c: c.execute(counted).scalar_one())


def _is_beyond(
    order: list[Column[Any]], position: tuple[datetime | str, UUID], *, descends: bool
) -> ColumnElement[bool]:
    """Whether a row stands after a position; written so that every engine walks its index from there."""
    (first, second), (value, user_id) = order, position
    if descends:
        return and_(first <= value, or_(first < value, second < user_id))
    return and_(first >= value, or_(first > value, second > user_id))


def _searched(query: UserQuery) -> FromClause:
    """All users, or those that a text finds; each alternative walks an index of its own, whatever the engine plans."""
    users, search = tables.users, Search.of(query.text) if query.text and query.text.strip() else None
    if search is None:
        return users
    found = [select(users.c.id).where(*_beginning(alternative)) for alternative in search.alternatives]
    if search.user_id:
        found.append(select(users.c.id).where(users.c.id == search.user_id))
    ids = union(*found).subquery()
    return users.join(ids, users.c.id == ids.c.id)


def _beginning(alternative: Mapping[str, str]) -> list[ColumnElement[bool]]:
    columns = tables.users.c
    return [columns[name].between(text, text + LAST) for name, text in alternative.items()]


def _user_conditions(query: UserQuery) -> list[ColumnElement[bool]]:
    users = tables.users
    conditions: list[ColumnElement[bool]] = []
    if query.status:
        conditions.append(users.c.status == query.status)
    if query.role:
        conditions.append(users.c.role == query.role)
    if query.since is not None:
        conditions.append(users.c.created_at >= query.since)
    if query.until is not None:
        conditions.append(users.c.created_at < query.until)
    if query.closing is not None:
        conditions.append(users.c.closes_at.is_not(None) if query.closing else users.c.closes_at.is_(None))
    if query.verified is not None:
        conditions.append(users.c.verified_at.is_not(None) if query.verified else users.c.verified_at.is_(None))
    if query.sort.lstrip("-") == "email":
        conditions.append(users.c.email.is_not(None))
    return conditions


def _position_of(user: User, name: str) -> tuple[str, str]:
    return user.created_at.isoformat() if name == "created_at" else user.email or "", user.id.hex


def _user_position(query: UserQuery) -> tuple[datetime | str, UUID]:
    value, user_id = (str(part) for part in read_cursor(query.cursor or "", shape=(str, str)))
    try:
        is_time = query.sort.lstrip("-") == "created_at"
        return datetime.fromisoformat(value).astimezone(UTC) if is_time else value, UUID(user_id)
    except (ValueError, OverflowError):
        raise InvalidInput(Violation("/cursor", "invalid_cursor")) from None


def _page(items: list[T], limit: int, position: Callable[[T], tuple[str | int, ...]]) -> Page[T]:
    more = len(items) > limit
    return Page(items[:limit], write_cursor(*position(items[limit - 1])) if more else None)


class SqlRegistrations(Reading):
    """Concealed sign-ups."""

    async def find(self, registration_id: UUID) -> Registration | None:
        return await self.first(_REGISTRATION, mapping.to_registration, wanted=registration_id)


class SqlChallenges(Reading):
    """Challenges."""

    async def find(self, challenge_id: UUID) -> Challenge | None:
        return await self.first(_CHALLENGE, mapping.to_challenge, wanted=challenge_id)

    async def latest(self, subject_id: UUID, purpose: Purpose) -> Challenge | None:
        return await self.first(_LATEST_CHALLENGE, mapping.to_challenge, wanted=subject_id, why=purpose)


def _to_session_and_user(row: Row) -> tuple[Session, User]:
    session = Session(**{name: row[_OWN + name] for name in _OF_SESSION})
    return session, mapping.to_user({name: row[name] for name in _OF_USER})


class SqlSessions(Reading):
    """Sessions."""

    async def find(self, session_id: UUID) -> Session | None:
        return await self.first(_SESSION, mapping.to_session, wanted=session_id)

    async def with_user(self, session_id: UUID) -> tuple[Session, User] | None:
        return await self.first(_SESSION_AND_USER, _to_session_and_user, wanted=session_id)

    async def of_user(self, user_id: UUID) -> Sequence[Session]:
        return await self.found(_LIVE_SESSIONS, mapping.to_session, wanted=user_id)


def _audit_conditions(query: AuditQuery) -> list[ColumnElement[bool]]:
    rows = tables.audit_logs
    conditions: list[ColumnElement[bool]] = []
    if query.event_type is not None:
        conditions.append(rows.c.event_type == query.event_type)
    if query.among is not None:
        conditions.append(rows.c.event_type.in_(query.among))
    if query.user_id is not None:
        conditions.append(rows.c.user_id == query.user_id)
    if query.since is not None:
        conditions.append(rows.c.event_time >= query.since)
    if query.until is not None:
        conditions.append(rows.c.event_time < query.until)
    return conditions


class SqlSigningKeys(Reading):
    """Generations of the signing key."""

    async def listed(self) -> Sequence[SigningKey]:
        return await self.found(_SIGNING_KEYS, mapping.to_signing_key)


class SqlAuditLog(Reading):
    """Audit rows and login attempts."""

    async def page(self, query: AuditQuery) -> Page[AuditRow]:
        rows = tables.audit_logs
        found = select(rows).where(*_audit_conditions(query))
        if query.cursor:
            found = found.where(rows.c.sequence < read_cursor(query.cursor, shape=(int,))[0])
        newest = found.order_by(rows.c.sequence.desc()).limit(query.limit + 1)
        pairs = await self.searched(newest, lambda row: (int(row["sequence"]), mapping.to_audit_row(row)))
        page = _page(pairs, query.limit, lambda pair: (pair[0],))
        return Page([row for _, row in page.items], page.next_cursor)

    async def histogram(self, query: AuditQuery, edges: Sequence[datetime]) -> Mapping[str, Sequence[int]]:
        rows, periods = tables.audit_logs, list(pairwise(edges))
        counted = [
            select(literal(n).label("n"), rows.c.event_type, func.count().label("rows"))
            .where(*_audit_conditions(query), rows.c.event_time >= since, rows.c.event_time < until)
            .group_by(rows.c.event_type)
            for n, (since, until) in enumerate(periods)
        ]
        if not counted:
            return {}
        found: dict[str, list[int]] = defaultdict(lambda: [0] * len(periods))
        for n, event_type, count in await self.database.read(lambda c: c.execute(union_all(*counted)).all()):
            found[event_type][n] = count
        return dict(found)

    async def login_attempts(self, user_id: UUID, limit: int) -> Sequence[LoginAttempt]:
        return await self._newest(tables.login_attempts, user_id, limit, mapping.to_login_attempt)

    async def verification_log(self, user_id: UUID, limit: int) -> Sequence[VerificationEntry]:
        return await self._newest(tables.verification_log, user_id, limit, mapping.to_verification_entry)

    async def _newest(self, rows: Table, user_id: UUID, limit: int, to_record: Callable[[Row], T]) -> list[T]:
        newest = select(rows).where(rows.c.user_id == user_id).order_by(rows.c.sequence.desc()).limit(limit)
        return await self.searched(newest, to_record)
