"""A SQL database as a whole."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from doorward.adapters.sql import migrate
from doorward.adapters.sql.archive import SqlArchive
from doorward.adapters.sql.counters import SqlCounters
from doorward.adapters.sql.engine import Database
from doorward.adapters.sql.outbox import SqlOutbox
from doorward.adapters.sql.postgres_counters import PostgresCounters
from doorward.adapters.sql.store import SqlStore
from doorward.adapters.sql.trial import write_and_roll_back
from doorward.ports.storage import Heard, SchemaStatus
from doorward.ports.store import Committed


class SqlStorage:
    """All ports over one database."""

    def __init__(self, database: Database, committed: Committed = lambda _: None) -> None:
        self.database = database
        self.store = SqlStore(database, committed=committed)
        self.counters = PostgresCounters(database) if database.name == "postgresql" else SqlCounters(database)
        self.outbox = SqlOutbox(database)
        self.archive = SqlArchive(database)

    async def schema(self) -> SchemaStatus:
        return await migrate.status(self.database)

    async def migrate(self, revision: str = "head") -> None:
        await migrate.migrate(self.database, revision)

    async def planned(self, revision: str = "head") -> Sequence[str]:
        return await migrate.planned(self.database, revision)

    async def write_and_roll_back(self) -> bool:
        return await write_and_roll_back(self.database)

    def listening(self, heard: Heard) -> AbstractAsyncContextManager[None]:
        return self.database.listening(heard)

    async def close(self) -> None:
        await self.database.close()
