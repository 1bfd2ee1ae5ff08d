"""Reads of records in dicts."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.cursor import read_cursor, write_cursor
from doorward.domain.errors import InvalidInput, NotFound, Violation
from doorward.domain.events import LoginAttempt, VerificationEntry
from doorward.domain.identifiers import Identifier
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


def _lower(text: str) -> str:
    return "".join(letter.lower()[0] for letter in text)


def _matches(user: User, query: UserQuery) -> bool:
    texts = (user.email, user.phone, user.username, user.profile.first_name, user.profile.last_name)
    found = query.text is None or any(_lower(query.text) in _lower(text or "") for text in texts)
    if query.sort.lstrip("-") == "email" and user.email is None:
        return False
    in_status = query.status is None or user.status is query.status
    return found and in_status and query.verified in (None, user.is_verified)


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

    async def login_attempts(self, user_id: UUID, limit: int) -> Sequence[LoginAttempt]:
        return [a for a in reversed(self.attempts.values()) if a.user_id == user_id][:limit]

    async def verification_log(self, user_id: UUID, limit: int) -> Sequence[VerificationEntry]:
        return [entry for entry in reversed(self.verifications.values()) if entry.user_id == user_id][:limit]


def _audit_matches(row: AuditRow, query: AuditQuery) -> bool:
    return (
        query.event_type in (None, row.event_type)
        and query.user_id in (None, row.user_id)
        and (query.since is None or row.event_time >= query.since)
        and (query.until is None or row.event_time < query.until)
    )
