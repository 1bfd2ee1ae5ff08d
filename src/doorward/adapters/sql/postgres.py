"""PostgreSQL without detours: statements are compiled once and go straight to the driver.

SQLAlchemy's engine takes ten times the processor time of the driver for a statement, and a sign-in runs twenty. So what
every request runs is only *written* with SQLAlchemy; searches, migrations and bulk work still go through its engine.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Connection, Executable
from sqlalchemy.util import greenlet_spawn

from doorward.adapters.sql.direct import DIALECT, DirectConnection, compiled, count_of, named, whole
from doorward.adapters.sql.engine import Conflict
from doorward.adapters.sql.mapping import Row
from doorward.adapters.sql.server import FULL, ServerDatabase, retried
from doorward.adapters.sql.telling import CHANNEL, told
from doorward.domain.errors import Unavailable
from doorward.ports.storage import Heard

R = TypeVar("R")
log = logging.getLogger("doorward.database")
BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
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
        self._pools: dict[str, asyncpg.Pool[Any]] = {}
        self._opening = asyncio.Lock()

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
        for pool in self._pools.values():
            pool.terminate()

    async def _fetch(self, sql: str, arguments: list[Any]) -> Sequence[Row]:
        async with self._borrowed("reading") as connection:
            rows: Sequence[Row] = await connection.fetch(sql, *arguments)
            return rows

    async def _change(self, sql: str, arguments: list[Any]) -> int:
        async with self._borrowed("writing") as connection:
            try:
                done = await connection.execute(sql, *arguments)
            except (asyncpg.InterfaceError, OSError) as error:
                raise Unavailable("database") from error  # it may have happened, or not
            return count_of(done)

    async def _write(self, work: Callable[[Connection], R]) -> R:
        async with self._borrowed("writing") as connection:
            await connection.execute(BEGIN)
            try:
                done: R = await greenlet_spawn(whole, work, DirectConnection(connection))
            except Exception:
                await connection.execute("ROLLBACK")
                raise
            try:
                await connection.execute("COMMIT")
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                raise Unavailable("database") from error
            return done

    @asynccontextmanager
    async def _borrowed(self, kind: str) -> "AsyncIterator[asyncpg.Connection[Any]]":
        pool = self._pools.get(kind) or await self._open(kind)
        try:
            connection = await pool.acquire()
        except asyncpg.PostgresError as error:
            raise (Conflict() if error.sqlstate in FULL else Unavailable("database")) from error
        except (asyncpg.InterfaceError, OSError, TimeoutError) as error:
            raise Unavailable("database") from error
        is_clean = False
        try:
            with named():
                yield connection
            is_clean = True
        except Exception:
            with suppress(asyncpg.InterfaceError):  # one that was lost is the pool's again, and says nothing any more
                is_clean = not connection.is_in_transaction()
            raise
        finally:
            if not is_clean:  # nobody waits for a server that does not answer; the next one gets a new connection
                with suppress(asyncpg.InterfaceError):
                    connection.terminate()
            await pool.release(connection)

    async def _listen(self, heard: Heard) -> None:
        while True:
            try:
                connection = await asyncpg.connect(**self._options)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _, lost=lost: lost.set())
            try:
                await connection.add_listener(CHANNEL, lambda _c, _p, _ch, message: heard(told(message)))
                await lost.wait()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.info("listening goes on later", extra={"reason": type(error).__name__})
            finally:
                connection.terminate()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _open(self, kind: str) -> "asyncpg.Pool[Any]":
        async with self._opening:
            if kind not in self._pools:
                pool = asyncpg.create_pool(
                    min_size=0, max_size=DIRECT_POOL_SIZE, init=_prepare, reset=_leave_as_it_is, **self._options
                )
                self._pools[kind] = await pool
            return self._pools[kind]


async def _prepare(connection: "asyncpg.Connection[Any]") -> None:
    # In binary, as COPY needs it; the binary form of json is its text.
    await connection.set_type_codec(
        "json",
        schema="pg_catalog",
        encoder=lambda value: json.dumps(value).encode(),
        decoder=json.loads,
        format="binary",
    )


async def _leave_as_it_is(connection: "asyncpg.Connection[Any]") -> None:
    """Every transaction ends before its connection goes back, and nothing else is left behind that would need one."""
