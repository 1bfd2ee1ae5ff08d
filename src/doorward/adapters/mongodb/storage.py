"""A MongoDB database as a whole."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

from doorward.adapters.mongodb import migrate
from doorward.adapters.mongodb.archive import MongoArchive
from doorward.adapters.mongodb.counters import MongoCounters
from doorward.adapters.mongodb.numbers import Numbering
from doorward.adapters.mongodb.outbox import MongoOutbox
from doorward.adapters.mongodb.server import MongoServer
from doorward.adapters.mongodb.store import MongoStore
from doorward.adapters.mongodb.trial import write_and_roll_back
from doorward.ports.storage import Heard, SchemaStatus
from doorward.ports.store import Committed


class MongoStorage:
    """All ports over one database.

    Raises:
        ValueError: the URL makes no sense.
    """

    def __init__(self, url: str, committed: Committed = lambda _: None) -> None:
        self.server = MongoServer(url)
        numbering = Numbering()
        self.store = MongoStore(self.server, numbering, committed=committed)
        self.counters = MongoCounters(self.server)
        self.outbox = MongoOutbox(self.server)
        self.archive = MongoArchive(self.server, numbering)

    async def schema(self) -> SchemaStatus:
        return await migrate.status(self.server)

    async def migrate(self, revision: str = "head") -> None:
        await migrate.migrate(self.server, revision)

    async def planned(self, revision: str = "head") -> Sequence[str]:
        return await migrate.planned(self.server, revision)

    async def write_and_roll_back(self) -> bool:
        return await write_and_roll_back(self.server)

    def listening(self, heard: Heard) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def close(self) -> None:
        await self.server.close()
