"""The way to a MongoDB deployment: in time, in transactions, and the driver's errors translated at the border."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import Context
from typing import Any, TypeVar

import pymongo
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConfigurationError, ConnectionFailure, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from doorward.adapters.mongodb.transaction import Conflict, Transaction
from doorward.domain.errors import Unavailable
from doorward.patience import Patience

R = TypeVar("R")
Document = dict[str, Any]
Database = AsyncDatabase[Document]
POOL_SIZE = 30
WRITERS = 10
WAIT_SECONDS = 2.3
QUEUE_SECONDS = 10
DEADLINE_SECONDS = 2.0
CONNECT_MS = 2000
TRIES = 20
WRITE_CONFLICT, NO_SUCH_TRANSACTION = 112, 251
UNAUTHORIZED, AUTHENTICATION_FAILED = 13, 18


class MongoServer:
    """A pool of connections to one database; conflicts between writers are tried again, and no call waits for ever.

    There are fewer writers than connections: a transaction that others wait for always finds one to go on with.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = _client(url)
        self.name = _database_name(self._client)
        self._writers = asyncio.Semaphore(WRITERS)
        self._patience = Patience("database", self._probe, wait=WAIT_SECONDS, queue=QUEUE_SECONDS, cancels=False)

    async def read(self, work: Callable[[Database], Awaitable[R]]) -> R:
        """Run reads of what has been acknowledged; they block nobody."""
        return await self.in_time(lambda: _retried(lambda: work(self._client[self.name])))

    async def write(self, work: Callable[[Database], Awaitable[R]]) -> R:
        """Run changes that are each atomic for themselves; the work may be called again after a conflict."""
        return await self.in_time(lambda: self._in_turn(lambda: work(self._client[self.name])))

    async def transaction(self, work: Callable[[Transaction], Awaitable[R]]) -> R:
        """Run one transaction: committed when the work returns, aborted when it raises.

        The work may be called again after a conflict with another transaction, or if the connection was lost before
        the commit. If it is lost in the commit itself, nobody can say whether it happened: that is Unavailable.
        """
        return await self.in_time(lambda: self._in_turn(lambda: self._transaction(work)))

    async def hello(self) -> Mapping[str, Any]:
        """What the server says about itself."""
        return await self.read(lambda database: database.client.admin.command("hello"))

    @asynccontextmanager
    async def patiently(self) -> AsyncIterator[Database]:
        """A connection of one's own for work that takes as long as it takes, such as building an index."""
        client = _client(self._url)
        try:
            with translated():
                yield client[self.name]
        finally:
            await client.close()

    async def close(self) -> None:
        """Let go of all connections."""
        await self._patience.close()
        await self._client.close()

    async def _in_turn(self, attempt: Callable[[], Awaitable[R]]) -> R:
        async with self._writers:
            return await _retried(attempt)

    async def _transaction(self, work: Callable[[Transaction], Awaitable[R]]) -> R:
        session = self._client.start_session()
        try:
            await session.start_transaction(
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority"),
                read_preference=ReadPreference.PRIMARY,
            )
            done = await work(Transaction(self._client[self.name], session))
            await _commit(session)
            return done
        finally:
            # An abort has a time of its own: what stays open holds others up for a minute.
            await asyncio.create_task(_end(session), context=Context())

    async def in_time(self, call: Callable[[], Awaitable[R]]) -> R:
        """Answer in time; a call that hangs comes to its end in the background.

        It is never cancelled, because the driver may then keep a lock of its own for ever; each try has a deadline.
        """
        return await self._patience.in_time(call)

    async def _probe(self) -> None:
        with pymongo.timeout(DEADLINE_SECONDS), translated():
            await self._client.admin.command("ping")


def _client(url: str) -> AsyncMongoClient[Document]:
    try:
        return AsyncMongoClient(
            url,
            appname="doorward",
            connectTimeoutMS=CONNECT_MS,
            maxPoolSize=POOL_SIZE,
            readPreference="primary",
            serverSelectionTimeoutMS=CONNECT_MS,
            tz_aware=True,
            uuidRepresentation="standard",
            w="majority",
            waitQueueTimeoutMS=CONNECT_MS,
        )
    except (ConfigurationError, ValueError):
        # The driver's own words may repeat a part of the URL, and that may be the password.
        raise ValueError("write it as mongodb://user:password@host:27017/name?replicaSet=rs0") from None


def _database_name(client: AsyncMongoClient[Document]) -> str:
    try:
        return client.get_default_database().name
    except ConfigurationError:
        raise ValueError("name the database, as in mongodb://host:27017/name?replicaSet=rs0") from None


async def _end(session: AsyncClientSession) -> None:
    """Abort what was not committed."""
    with pymongo.timeout(DEADLINE_SECONDS):
        await session.end_session()


async def _commit(session: AsyncClientSession) -> None:
    try:
        await session.commit_transaction()
    except PyMongoError as error:
        # The driver has asked twice. After a lost answer "no such transaction" may also mean one that is over.
        if isinstance(error, OperationFailure) and error.code == WRITE_CONFLICT:
            raise Conflict from error
        raise Unavailable("database") from error


async def _retried(attempt: Callable[[], Awaitable[R]]) -> R:
    for again in range(TRIES):
        try:
            with pymongo.timeout(DEADLINE_SECONDS), translated():
                return await attempt()
        except Conflict:
            await asyncio.sleep(random.uniform(0, 0.02 * 2 ** min(again, 4)))  # noqa: S311 - jitter, no secret
    raise Unavailable("database")


@contextmanager
def translated() -> Iterator[None]:
    """Turn a driver's "I cannot" into Unavailable, and its "not now" into Conflict."""
    try:
        yield
    except PyMongoError as error:
        code = error.code if isinstance(error, OperationFailure) else None
        if error.has_error_label("TransientTransactionError") or code in (WRITE_CONFLICT, NO_SUCH_TRANSACTION):
            raise Conflict from error
        is_away = isinstance(error, (ConnectionFailure, ConfigurationError)) or code in (
            UNAUTHORIZED,
            AUTHENTICATION_FAILED,
        )
        if is_away or error.has_error_label("RetryableWriteError") or error.timeout:
            raise Unavailable("database") from error
        raise
    except OSError as error:
        raise Unavailable("database") from error
