"""Reads of records in dicts."""

from bisect import bisect
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.cursor import read_cursor, write_cursor
from doorward.domain.errors import InvalidInput, NotFound, Violation
from doorward.domain.events import LoginAttempt, VerificationEntry
from doorward.domain.identifiers import Identifier
from doorward.domain.search import Search, search_keys
from doorward.domain.session import Session
from doorward.domain.signing import SigningKey
from doorward.domain.user import User
from doorward.ports.store import AuditQuery, AuditRow, Page, UserQuery

Table = dict[Any, Any]


class MemoryUsers:
    """Accounts in a dict, with one index over all identifiers."""

    def __init__(self) -> None:
        self.rows: dict[UUID, User] = {}
        self.by_identifier: dict[Identifier, UUID] = {}
        self.former: dict[UUID, tuple[str, ...]] = {}

    async def get(self, user_id: UUID) -> User:
        if user_id not in self.rows:
            raise NotFound
        return self.rows[user_id]

    async def find(self, identifier: Identifier) -> User | None:
        user_id = self.by_identifier.get(identifier)
        return self.rows[user_id] if user_id else None

    async def matching(self, ids: Collection[UUID], identifiers: Collection[Identifier]) -> Sequence[User]:
        named = (self.by_identifier.get(identifier) for identifier in identifiers)
        return [self.rows[user_id] for user_id in {*ids, *named} if user_id in self.rows]

    async def closing(self, until: datetime, limit: int) -> Sequence[User]:
        over = {user: at for user in self.rows.values() if (at := user.closes_at) and at <= until}
        return sorted(over, key=lambda user: over[user])[:limit]

    async def former_passwords(self, user_id: UUID, limit: int) -> Sequence[str]:
        return self.former.get(user_id, ())[:limit]

    async def page(self, query: UserQuery) -> Page[User]:
        name = query.sort.lstrip("-")
        ordered = sorted(self.rows.values(), key=lambda u: _position(u, name), reverse=query.sort.startswith("-"))
        matching = [user for user in ordered if _matches(user, query)]
        if query.cursor:
            last = _last_position(query.cursor, name)
            matching = [user for user in matching if _is_after(_position(user, name), last, query)]
        items = matching[: query.limit]
        more = len(matching) > query.limit
        return Page(items, write_cursor(*_position(items[-1], name)) if more else None)

    async def count(self, query: UserQuery, *, at_most: int | None = None) -> int:
        return len([user for user in self.rows.values() if _matches(user, query)][:at_most])


def _position(user: User, name: str) -> tuple[str, str]:
    value = user.created_at.isoformat() if name == "created_at" else user.email or ""
    return value, user.id.hex


def _last_position(cursor: str, name: str) -> tuple[str, str]:
    value, user_id = (str(part) for part in read_cursor(cursor, shape=(str, str)))
    try:
        moment = datetime.fromisoformat(value).astimezone(UTC).isoformat() if name == "created_at" else value
        return moment, UUID(user_id).hex
    except (ValueError, OverflowError):
        raise InvalidInput(Violation("/cursor", "invalid_cursor")) from None


def _is_after(position: tuple[str, str], last: tuple[str, str], query: UserQuery) -> bool:
    return position < last if query.sort.startswith("-") else position > last


def _matches(user: User, query: UserQuery) -> bool:
    if query.text and query.text.strip() and not _is_found(user, Search.of(query.text)):
        return False
    if query.sort.lstrip("-") == "email" and user.email is None:
        return False
    return (
        query.status in (None, user.status)
        and query.closing in (None, user.closes_at is not None)
        and query.verified in (None, user.is_verified)
        and query.role in (None, user.role)
        and (query.since is None or user.created_at >= query.since)
        and (query.until is None or user.created_at < query.until)
    )


def _is_found(user: User, search: Search) -> bool:
    known = {"email": user.email, "phone": user.phone, "username": user.username, **search_keys(user)}
    return user.id == search.user_id or any(
        all((known[member] or "").startswith(text) for member, text in alternative.items())
        for alternative in search.alternatives
    )


class _Found:
    """Records by id."""

    def __init__(self) -> None:
        self.rows: Table = {}

    async def find(self, record_id: UUID) -> Any:
        return self.rows.get(record_id)


class MemoryRegistrations(_Found):
    """Concealed sign-ups."""


class MemoryChallenges(_Found):
    """Challenges."""

    async def latest(self, subject_id: UUID, purpose: Purpose) -> Challenge | None:
        found: list[Challenge] = [c for c in self.rows.values() if c.subject_id == subject_id and c.purpose is purpose]
        return max(found, key=lambda c: (c.created_at, c.id), default=None)


class MemorySessions(_Found):
    """Sessions."""

    def __init__(self, users: MemoryUsers) -> None:
        super().__init__()
        self._users = users

    async def with_user(self, session_id: UUID) -> tuple[Session, User] | None:
        session: Session | None = self.rows.get(session_id)
        user: User | None = self._users.rows.get(session.user_id) if session else None
        return (session, user) if session and user else None

    async def of_user(self, user_id: UUID) -> Sequence[Session]:
        own: list[Session] = [s for s in self.rows.values() if s.user_id == user_id and s.ended_at is None]
        return sorted(own, key=lambda s: (s.created_at, s.id), reverse=True)


class MemorySigningKeys:
    """Generations of the signing key."""

    def __init__(self) -> None:
        self.rows: Table = {}

    async def listed(self) -> Sequence[SigningKey]:
        return sorted(self.rows.values(), key=lambda key: key.generation)


class MemoryAuditLog:
    """Audit rows in the order in which they were written."""

    def __init__(self) -> None:
        self.rows: Table = {}
        self.attempts: Table = {}
        self.verifications: Table = {}

    async def page(self, query: AuditQuery) -> Page[AuditRow]:
        before = read_cursor(query.cursor, shape=(int,))[0] if query.cursor else None
        found = [
            (sequence, row)
            for sequence, row in reversed(self.rows.items())
            if (before is None or sequence < before) and _audit_matches(row, query)
        ]
        more = len(found) > query.limit
        items = found[: query.limit]
        return Page([row for _, row in items], write_cursor(items[-1][0]) if more else None)

    async def histogram(self, query: AuditQuery, edges: Sequence[datetime]) -> Mapping[str, Sequence[int]]:
        found: dict[str, list[int]] = defaultdict(lambda: [0] * (len(edges) - 1))
        for row in self.rows.values():
            at = bisect(edges, row.event_time) - 1
            if _audit_matches(row, query) and 0 <= at < len(edges) - 1:
                found[row.event_type][at] += 1
        return dict(found)

    async def login_attempts(self, user_id: UUID, limit: int) -> Sequence[LoginAttempt]:
        return [a for a in reversed(self.attempts.values()) if a.user_id == user_id][:limit]

    async def verification_log(self, user_id: UUID, limit: int) -> Sequence[VerificationEntry]:
        return [entry for entry in reversed(self.verifications.values()) if entry.user_id == user_id][:limit]


def _audit_matches(row: AuditRow, query: AuditQuery) -> bool:
    return (
        query.event_type in (None, row.event_type)
        and (query.among is None or row.event_type in query.among)
        and query.user_id in (None, row.user_id)
        and (query.since is None or row.event_time >= query.since)
        and (query.until is None or row.event_time < query.until)
    )
