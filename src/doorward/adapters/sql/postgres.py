"""PostgreSQL without detours: statements are compiled once and go straight to the driver.

SQLAlchemy's engine takes ten times the processor time of the driver for a statement, and a sign-in runs twenty. So what
every request runs is only *written* with SQLAlchemy; searches, migrations and bulk work still go through its engine.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Connection, Executable
from sqlalchemy.util import greenlet_spawn

from doorward.adapters.sql.connections import Connections
from doorward.adapters.sql.direct import AWAY, DIALECT, DirectConnection, compiled, count_of, named, whole
from doorward.adapters.sql.mapping import Row
from doorward.adapters.sql.server import ServerDatabase, retried
from doorward.adapters.sql.telling import CHANNEL, told
from doorward.domain.errors import Unavailable
from doorward.ports.storage import Heard

R = TypeVar("R")
log = logging.getLogger("doorward.database")
PAUSE_SECONDS = 1.0
DIRECT_POOL_SIZE = 4  # for readers, and again for writers


class PostgresDatabase(ServerDatabase):
    """Like any server, with a short way for what every request runs."""

    # Searches and bulk work are what is left to the engine; all together are a dozen connections, as elsewhere.
    engine_readers, engine_writers = 2, 1

    def __init__(self, url: str) -> None:
        super().__init__(url)
        parsed, arguments = self.address
        _, options = DIALECT.create_connect_args(parsed)
        self._options = {**options, **arguments}
        self._readers = Connections(DIRECT_POOL_SIZE, self._connect)
        self._writers = Connections(DIRECT_POOL_SIZE, self._connect)

    async def fetch(self, query: Executable, **values: Any) -> Sequence[Row]:
        ready = compiled(query)
        arguments = ready.arguments(values)
        return await self._patience.in_time(lambda: retried(lambda: self._fetch(ready.sql, arguments)))

    async def change(self, statement: Executable, **values: Any) -> int:
        ready = compiled(statement)
        arguments = ready.arguments(values)
        return await self._patience.in_time(lambda: retried(lambda: self._change(ready.sql, arguments)))

    @asynccontextmanager
    async def listening(self, heard: Heard) -> AsyncIterator[None]:
        """Listen on a connection of its own, and on a new one when it is lost."""
        task = asyncio.create_task(self._listen(heard))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        await super().close()
        for connections in (self._readers, self._writers):
            connections.close()

    async def _fetch(self, sql: str, arguments: list[Any]) -> Sequence[Row]:
        async with self._readers.borrowed() as connection:
            rows: Sequence[Row] = await connection.fetch(sql, *arguments)
            return rows

    async def _change(self, sql: str, arguments: list[Any]) -> int:
        async with self._writers.borrowed() as connection:
            with named(commits=True):
                return count_of(await connection.execute(sql, *arguments))

    async def _write(self, work: Callable[[Connection], R]) -> R:
        async with self._writers.borrowed() as connection:
            direct = DirectConnection(connection)
            try:
                done: R = await greenlet_spawn(whole, work, direct)
            except Unavailable:  # a lost COMMIT stays one, whatever a ROLLBACK would say; the connection is closed
                raise
            except Exception:
                if direct.has_begun and connection.is_in_transaction():
                    await connection.execute("ROLLBACK")
                raise
            return done

    async def _read(self, work: Callable[[Connection], R]) -> R:
        with named():  # what SQLAlchemy leaves as the driver says it
            return await super()._read(work)

    async def _write_by_engine(self, work: Callable[[Connection], R]) -> R:
        with named(commits=True):
            return await super()._write_by_engine(work)

    async def _listen(self, heard: Heard) -> None:
        while True:
            try:
                connection = await asyncpg.connect(**self._options)
            except (*AWAY, asyncpg.PostgresError, TimeoutError):
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _, lost=lost: lost.set())
            try:
                await connection.add_listener(CHANNEL, lambda _c, _p, _ch, message: heard(told(message)))
                await lost.wait()
            except (*AWAY, asyncpg.PostgresError) as error:
                log.info("listening goes on later", extra={"reason": type(error).__name__})
            finally:
                connection.terminate()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _connect(self) -> "asyncpg.Connection[Any]":
        connection = await asyncpg.connect(**self._options)
        try:
            await _prepare(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection


async def _prepare(connection: "asyncpg.Connection[Any]") -> None:
    # In binary, as COPY needs it; the binary form of json is its text.
    await connection.set_type_codec(
        "json",
        schema="pg_catalog",
        encoder=lambda value: json.dumps(value).encode(),
        decoder=json.loads,
        format="binary",
    )
