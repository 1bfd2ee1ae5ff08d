"""Reads."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID

from doorward.adapters.mongodb import schema
from doorward.adapters.mongodb.documents import Document, plain, record_of
from doorward.adapters.mongodb.server import Database, MongoServer
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
FORMER_PASSWORD = "former_password"
NEWEST = [("created_at", -1), ("_id", -1)]


@dataclass(frozen=True, slots=True)
class Reading:
    """What all reads share."""

    server: MongoServer

    async def all(self, collection: str, where: Document, **options: Any) -> list[Document]:
        return await self.server.read(lambda database: database[collection].find(where, **options).to_list())

    async def first(self, kind: type[T], collection: str, where: Document, **options: Any) -> T | None:
        found = await self.all(collection, where, limit=1, **options)
        return record_of(kind, found[0]) if found else None


class MongoUsers(Reading):
    """Accounts."""

    async def get(self, user_id: UUID) -> User:
        user = await self.first(User, schema.USERS, {"_id": user_id})
        if user is None:
            raise NotFound
        return user

    async def find(self, identifier: Identifier) -> User | None:
        return await self.first(User, schema.USERS, {identifier.kind.value: {"$eq": identifier.value}})

    async def matching(self, ids: Collection[UUID], identifiers: Collection[Identifier]) -> Sequence[User]:
        named = {kind: [i.value for i in identifiers if i.kind is kind] for kind in Kind}
        wanted: list[Document] = [{kind.value: {"$in": values}} for kind, values in named.items() if values]
        wanted += [{"_id": {"$in": list(ids)}}] if ids else []
        found = await self.all(schema.USERS, {"$or": wanted}) if wanted else []
        return [record_of(User, document) for document in found]

    async def closing(self, until: datetime, limit: int) -> Sequence[User]:
        over = {"closes_at": {"$lte": plain(until), **schema.TEXT}}
        found = await self.all(schema.USERS, over, sort=[("closes_at", 1)], limit=limit)
        return [record_of(User, document) for document in found]

    async def former_passwords(self, user_id: UUID, limit: int) -> Sequence[str]:
        mine = {"user_id": user_id, "method": FORMER_PASSWORD}
        found = await self.all(schema.CREDENTIALS, mine, sort=NEWEST, limit=limit) if limit else []
        return [document["data"]["hash"] for document in found]

    async def page(self, query: UserQuery) -> Page[User]:
        name, way = query.sort.lstrip("-"), -1 if query.sort.startswith("-") else 1
        conditions = _user_conditions(query)
        if query.cursor:
            conditions.append(_is_beyond(name, _user_position(query), way))
        where = {"$and": conditions} if conditions else {}
        found = await self.all(schema.USERS, where, sort=[(name, way), ("_id", way)], limit=query.limit + 1)
        users = [record_of(User, document) for document in found]
        return _page(users, query.limit, lambda user: _position_of(user, name))

    async def count(self, query: UserQuery, *, at_most: int | None = None) -> int:
        conditions = _user_conditions(query)
        where = {"$and": conditions} if conditions else {}
        limited: dict[str, Any] = {"limit": at_most} if at_most else {}
        return await self.server.read(lambda database: database[schema.USERS].count_documents(where, **limited))


def _is_beyond(name: str, position: tuple[str, UUID], way: int) -> Document:
    """Whether a user stands after a position; written so that the index is walked from there."""
    value, user_id = position
    to, after = ("$gte", "$gt") if way > 0 else ("$lte", "$lt")
    return {name: {to: value}, "$or": [{name: {after: value}}, {"_id": {after: user_id}}]}


def _user_conditions(query: UserQuery) -> list[Document]:
    conditions: list[Document] = []
    if query.text and query.text.strip():
        conditions.append({"$or": _meant(Search.of(query.text))})
    if query.status:
        conditions.append({"status": query.status.value})
    if query.role:
        conditions.append({"role": query.role.value})
    made = {"$gte": query.since, "$lt": query.until}
    if between := {operator: plain(at) for operator, at in made.items() if at is not None}:
        conditions.append({"created_at": between})
    if query.closing is not None:
        conditions.append({"closes_at": schema.TEXT if query.closing else None})
    if query.verified is not None:
        conditions.append({"verified_at": {"$ne": None} if query.verified else None})
    if query.sort.lstrip("-") == "email":
        conditions.append({"email": schema.TEXT})
    return conditions


def _meant(search: Search) -> list[Document]:
    found: list[Document] = [
        {name: {"$gte": text, "$lt": text + LAST, **schema.TEXT} for name, text in alternative.items()}
        for alternative in search.alternatives
    ]
    return [*found, {"_id": search.user_id}] if search.user_id else found


def _position_of(user: User, name: str) -> tuple[str, str]:
    return user.created_at.isoformat() if name == "created_at" else user.email or "", user.id.hex


def _user_position(query: UserQuery) -> tuple[str, UUID]:
    value, user_id = (str(part) for part in read_cursor(query.cursor or "", shape=(str, str)))
    try:
        is_time = query.sort.lstrip("-") == "created_at"
        return plain(datetime.fromisoformat(value).astimezone(UTC)) if is_time else value, UUID(user_id)
    except (ValueError, OverflowError):
        raise InvalidInput(Violation("/cursor", "invalid_cursor")) from None


def _page(items: list[T], limit: int, position: Callable[[T], tuple[str | int, ...]]) -> Page[T]:
    more = len(items) > limit
    return Page(items[:limit], write_cursor(*position(items[limit - 1])) if more else None)


class MongoRegistrations(Reading):
    """Concealed sign-ups."""

    async def find(self, registration_id: UUID) -> Registration | None:
        return await self.first(Registration, schema.REGISTRATIONS, {"_id": registration_id})


class MongoChallenges(Reading):
    """Challenges."""

    async def find(self, challenge_id: UUID) -> Challenge | None:
        return await self.first(Challenge, schema.CHALLENGES, {"_id": challenge_id})

    async def latest(self, subject_id: UUID, purpose: Purpose) -> Challenge | None:
        mine = {"subject_id": subject_id, "purpose": purpose.value}
        return await self.first(Challenge, schema.CHALLENGES, mine, sort=NEWEST)


class MongoSessions(Reading):
    """Sessions."""

    async def find(self, session_id: UUID) -> Session | None:
        return await self.first(Session, schema.SESSIONS, {"_id": session_id})

    async def with_user(self, session_id: UUID) -> tuple[Session, User] | None:
        session = await self.find(session_id)
        user = await self.first(User, schema.USERS, {"_id": session.user_id}) if session else None
        return (session, user) if session and user else None

    async def of_user(self, user_id: UUID) -> Sequence[Session]:
        found = await self.all(schema.SESSIONS, {"user_id": user_id, "ended_at": None}, sort=NEWEST)
        return [record_of(Session, document) for document in found]


class MongoSigningKeys(Reading):
    """Generations of the signing key."""

    async def listed(self) -> Sequence[SigningKey]:
        found = await self.all(schema.SIGNING_KEYS, {}, sort=[("_id", 1)])
        return [record_of(SigningKey, document, key="generation") for document in found]


class MongoAuditLog(Reading):
    """Audit rows and login attempts."""

    async def page(self, query: AuditQuery) -> Page[AuditRow]:
        where = _audit_conditions(query)
        if query.cursor:
            where["sequence"] = {"$lt": read_cursor(query.cursor, shape=(int,))[0]}
        found = await self.all(schema.AUDIT_LOGS, where, sort=[("sequence", -1)], limit=query.limit + 1)
        page = _page(found, query.limit, lambda document: (int(document["sequence"]),))
        return Page([record_of(AuditRow, document) for document in page.items], page.next_cursor)

    async def histogram(self, query: AuditQuery, edges: Sequence[datetime]) -> Mapping[str, Sequence[int]]:
        async def counted(database: Database) -> dict[str, list[int]]:
            found: dict[str, list[int]] = defaultdict(lambda: [0] * (len(edges) - 1))
            for n, (since, until) in enumerate(pairwise(edges)):
                period = {"event_time": {"$gte": plain(since), "$lt": plain(until)}}
                steps: list[Document] = [
                    {"$match": {"$and": [_audit_conditions(query), period]}},
                    {"$group": {"_id": "$event_type", "rows": {"$sum": 1}}},
                ]
                for group in await (await database[schema.AUDIT_LOGS].aggregate(steps)).to_list():
                    found[group["_id"]][n] = group["rows"]
            return dict(found)

        return await self.server.read(counted)

    async def login_attempts(self, user_id: UUID, limit: int) -> Sequence[LoginAttempt]:
        return await self._newest(LoginAttempt, schema.LOGIN_ATTEMPTS, user_id, limit)

    async def verification_log(self, user_id: UUID, limit: int) -> Sequence[VerificationEntry]:
        return await self._newest(VerificationEntry, schema.VERIFICATION_LOG, user_id, limit)

    async def _newest(self, kind: type[T], collection: str, user_id: UUID, limit: int) -> list[T]:
        newest = {"sort": [("sequence", -1)], "limit": limit}
        found = await self.all(collection, {"user_id": user_id}, **newest) if limit else []
        return [record_of(kind, document) for document in found]


def _audit_conditions(query: AuditQuery) -> Document:
    types: Document = {"$in": sorted(query.among)} if query.among is not None else {}
    types |= {"$eq": query.event_type} if query.event_type is not None else {}
    where: Document = {"event_type": types} if types else {}
    if query.user_id is not None:
        where["user_id"] = query.user_id
    times = {"$gte": query.since, "$lt": query.until}
    between = {operator: plain(at) for operator, at in times.items() if at is not None}
    return where | ({"event_time": between} if between else {})
