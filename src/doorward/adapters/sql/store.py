"""The store: reads by record, and commits that make all their changes or none."""

from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, literal, select
from sqlalchemy.exc import IntegrityError

from doorward.adapters.sql import readers, tables
from doorward.adapters.sql.engine import Database
from doorward.adapters.sql.handlers import GROUP_HANDLERS, HANDLERS
from doorward.adapters.sql.locks import hold_accounts
from doorward.adapters.sql.purging import purge
from doorward.adapters.sql.telling import tell
from doorward.domain.errors import IdentifierTaken
from doorward.domain.identifiers import Kind
from doorward.ports import writes
from doorward.ports.store import Committed

_ONE = select(literal(1))


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
                if kind in GROUP_HANDLERS:
                    GROUP_HANDLERS[kind](connection, list(group))
                    continue
                for change in group:
                    HANDLERS[kind](connection, change)
            tell(connection, writes.outdated_by(changes))

        try:
            await self._database.write(make)
        except IntegrityError as error:
            raise _taken(error) from None
        self._committed(changes)

    async def purge(self, now: datetime) -> int:
        expiring = (tables.registrations, tables.challenges, tables.sessions)
        return sum([await purge(self._database, table.c.id, table.c.expires_at <= now) for table in expiring])

    async def check(self) -> None:
        await self._database.fetch(_ONE)


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
    for told in (error.orig, getattr(error.orig, "__cause__", None)):
        if named := getattr(told, "constraint_name", None):
            return str(named)
    message = str(getattr(error.orig, "args", ("",))[-1])
    if message.startswith("Duplicate entry"):
        return message.rpartition(" for key ")[2].strip("'")
    return message.removeprefix("UNIQUE constraint failed: ").partition(",")[0]
