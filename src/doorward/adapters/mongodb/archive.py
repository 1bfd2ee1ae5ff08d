"""All rows of a MongoDB database, with the columns that they have elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from doorward.adapters.mongodb import schema
from doorward.adapters.mongodb.documents import PROFILE, Document, clean_at, moment, plain
from doorward.adapters.mongodb.numbers import Numbering
from doorward.adapters.mongodb.server import MongoServer
from doorward.adapters.mongodb.transaction import Transaction
from doorward.domain.challenge import Challenge
from doorward.domain.events import LoginAttempt, VerificationEntry
from doorward.domain.registration import Registration
from doorward.domain.session import Session
from doorward.domain.signing import SigningKey
from doorward.domain.tally import Tally
from doorward.domain.user import User
from doorward.ports.archive import KEYS, Row, Value
from doorward.ports.store import AuditRow

RECORDS: Mapping[str, type] = {
    schema.USERS: User,
    schema.REGISTRATIONS: Registration,
    schema.CHALLENGES: Challenge,
    schema.SESSIONS: Session,
    schema.SIGNING_KEYS: SigningKey,
    schema.AUDIT_LOGS: AuditRow,
    schema.LOGIN_ATTEMPTS: LoginAttempt,
    schema.VERIFICATION_LOG: VerificationEntry,
    schema.COUNTERS: Tally,
}
OTHERS: Mapping[str, Sequence[str]] = {
    schema.CREDENTIALS: ("id", "user_id", "method", "lookup_key", "data", "created_at"),
    schema.OUTBOX: (
        *("id", "lane", "payload", "attempts", "created_at", "due_at"),
        *("owner", "lease_until", "dead_at", "reason"),
    ),
}
# What stands under `_id`; everywhere else it is the id.
IDENTITIES = {schema.SIGNING_KEYS: "generation", schema.COUNTERS: "key"}
MOMENTS = ("_at", "_until", "_time", "_from")


class MongoArchive:
    """Reading and writing collections as they are."""

    def __init__(self, server: MongoServer, numbering: Numbering) -> None:
        self._server = server
        self._numbering = numbering

    async def count(self, table: str) -> int:
        return await self._server.read(lambda database: database[table].count_documents({}))

    async def read(self, table: str, after: Value, limit: int) -> Sequence[Row]:
        key = _key_of(table)
        beyond = {} if after is None else {key: {"$gt": after}}
        wanted = {"sort": [(key, 1)], "limit": limit}
        found = await self._server.read(lambda database: database[table].find(beyond, **wanted).to_list())
        return [_row_of(table, document) for document in found]

    async def last_key(self, table: str) -> Value:
        key = _key_of(table)
        last = {"sort": [(key, -1)], "limit": 1, "projection": {key: 1}}
        found = await self._server.read(lambda database: database[table].find({}, **last).to_list())
        return found[0][key] if found else None

    async def write(self, table: str, rows: Sequence[Row]) -> None:
        async def replace(transaction: Transaction) -> None:
            await transaction.remove_all(table, {_key_of(table): {"$in": [row[KEYS[table]] for row in rows]}})
            await transaction.insert(table, *(_document_of(table, row) for row in rows))

        if rows:
            await self._server.transaction(replace)

    async def finish(self) -> None:
        self._numbering.forget()


def _key_of(table: str) -> str:
    return "_id" if KEYS[table] == IDENTITIES.get(table, "id") else KEYS[table]


def _columns(table: str) -> list[str]:
    names = [f.name for f in fields(RECORDS[table])] if table in RECORDS else [*OTHERS[table]]
    if "profile" in names:
        names = [name for name in names if name != "profile"] + list(PROFILE)
    if table == schema.USERS:
        names += schema.SEARCH_KEYS
    return names + [name for name in (KEYS[table],) if name not in names]


def _row_of(table: str, document: Document) -> Row:
    known = {**document, IDENTITIES.get(table, "id"): document["_id"]}
    return {name: _value_of(name, known.get(name)) for name in _columns(table)}


def _value_of(name: str, value: Any) -> Value:
    if value is None:
        return None
    if name == "at" or name.endswith(MOMENTS):
        return moment(value)
    found: Value = date.fromisoformat(value) if name.startswith("date_of_") else value
    return found


def _document_of(table: str, row: Row) -> Document:
    document = {name: plain(value) for name, value in row.items()}
    document["_id"] = document.pop(IDENTITIES.get(table, "id"))
    if table in (*schema.EXPIRING, schema.COUNTERS):
        ends = (row["expires_at"], row.get("reserved_until"))
        document |= clean_at(*(end for end in ends if isinstance(end, datetime))) if ends[0] else {}
    return document
