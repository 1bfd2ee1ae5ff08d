"""The store: reads by record, and commits that make all their changes or none."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from doorward.adapters.mongodb import readers, schema
from doorward.adapters.mongodb.documents import Document, plain
from doorward.adapters.mongodb.handlers import handle, hold_accounts
from doorward.adapters.mongodb.numbers import Numbering
from doorward.adapters.mongodb.purging import purge
from doorward.adapters.mongodb.queueing import Queues, touched
from doorward.adapters.mongodb.server import MongoServer
from doorward.adapters.mongodb.transaction import Refused, Transaction
from doorward.domain.errors import IdentifierTaken
from doorward.domain.identifiers import Kind
from doorward.ports import writes
from doorward.ports.store import Committed


class MongoStore:
    """All records in one database."""

    def __init__(self, server: MongoServer, numbering: Numbering, *, committed: Committed = lambda _: None) -> None:
        self._server = server
        self._committed = committed
        self._numbering = numbering
        self._queues = Queues()
        self.users = readers.MongoUsers(server)
        self.registrations = readers.MongoRegistrations(server)
        self.challenges = readers.MongoChallenges(server)
        self.sessions = readers.MongoSessions(server)
        self.signing_keys = readers.MongoSigningKeys(server)
        self.audit = readers.MongoAuditLog(server)

    async def commit(self, *changes: writes.Write) -> None:
        async def make(transaction: Transaction) -> None:
            if self._numbering.is_behind:
                self._numbering.catch_up(max([await _greatest(transaction, name, {}) for name in schema.SEQUENCED]))
            transaction.numbers = self._numbering.after(await _last_number(transaction, changes))
            await hold_accounts(transaction, changes)
            for kind, group in groupby(changes, type):
                await handle(transaction, kind, list(group))

        try:
            if changes:
                await self._server.in_time(lambda: self._in_turn(changes, make))
        except Refused as refused:
            raise _taken(refused) from None
        self._committed(changes)

    async def _in_turn(self, changes: Sequence[writes.Write], make: Callable[[Transaction], Awaitable[None]]) -> None:
        async with self._queues.each(touched(changes)):
            await self._refuse_early(changes)
            await self._server.transaction(make)

    async def _refuse_early(self, changes: Sequence[writes.Write]) -> None:
        """Spare a lone sign-up for a taken identifier its transaction; the unique index decides all others."""
        added = [change.user for change in changes if isinstance(change, writes.AddUser)]
        may_free_one = any(isinstance(change, (writes.SaveUser, writes.RemoveUser)) for change in changes)
        if len(added) != 1 or may_free_one:
            return
        wanted = added[0].identifiers()
        for user in await self.users.matching([], wanted):
            raise IdentifierTaken(next(i.kind.value for i in wanted if i in user.identifiers()))

    async def purge(self, now: datetime) -> int:
        is_over = {"expires_at": {"$lte": plain(now)}}
        return sum([await purge(self._server, collection, is_over) for collection in schema.EXPIRING])

    async def check(self) -> None:
        await self._server.read(lambda database: database.command("ping"))


def _taken(refused: Refused) -> Exception:
    """What a unique index refused: an id, an identifier; anything else stays what it is."""
    if refused.collection == schema.USERS and refused.keys == ("_id",):
        return writes.Stale()
    if refused.collection == schema.USERS and refused.keys in {(kind.value,) for kind in Kind}:
        return IdentifierTaken(refused.keys[0])
    return refused


async def _last_number(transaction: Transaction, changes: Sequence[writes.Write]) -> int:
    """The number of the last row of the accounts that the changes are about: theirs must be greater."""
    added = {change.user.id for change in changes if isinstance(change, writes.AddUser)}
    told = {change.event.user_id for change in changes if isinstance(change, writes.Record)}
    tried = {change.attempt.user_id for change in changes if isinstance(change, writes.AddLoginAttempt)}
    return max(
        await _greatest_of(transaction, schema.AUDIT_LOGS, told - added),
        await _greatest_of(transaction, schema.LOGIN_ATTEMPTS, tried - added),
    )


async def _greatest_of(transaction: Transaction, collection: str, users: set[UUID | None]) -> int:
    known = [user for user in users if user is not None]
    return await _greatest(transaction, collection, {"user_id": {"$in": known}}) if known else 0


async def _greatest(transaction: Transaction, collection: str, where: Document) -> int:
    newest = {"sort": [("sequence", -1)], "limit": 1, "projection": {"sequence": 1}}
    found = await transaction.find(collection, where, **newest)
    return int(found[0]["sequence"]) if found else 0
