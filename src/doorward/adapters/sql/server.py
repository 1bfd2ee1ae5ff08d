"""PostgreSQL, MySQL and MariaDB: many connections, many writers."""

import asyncio
import logging
import random
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import greenlet  # noqa: F401 - SQLAlchemy misses it only at the first connection
from sqlalchemy import Connection, Engine, Executable, create_engine, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy.util import await_only, greenlet_spawn

from doorward.adapters.sql.engine import Conflict, reasons_of, rows_changed, translated
from doorward.adapters.sql.mapping import Row
from doorward.domain.errors import Unavailable
from doorward.patience import Patience
from doorward.ports.storage import Heard

R = TypeVar("R")
POOL_SIZE = 5  # for readers, and again for writers: eight processes fit into PostgreSQL's hundred connections
WAIT_SECONDS = 2.3
QUEUE_SECONDS = 10
CONNECT_SECONDS = 2
TRIES = 10
ALIASES = {"postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql"}
DRIVERS = {"postgresql": "asyncpg", "mysql": "asyncmy"}
SHAPE = "postgresql://user:password@host:5432/name or mysql://…, with any of /?#@:[]% in the password percent-encoded"
FULL = frozenset({"53300", 1040, 1203})  # no connection is left for us now
NAME = "LEFT(CONCAT('doorward:', DATABASE()), 64)"  # MySQL's locks are the whole server's
# Taken without waiting: whoever waits inside the server would hold up an index that is built beside the traffic.
LOCKS = {
    "postgresql": ("SELECT pg_try_advisory_lock(4919)", "SELECT pg_advisory_unlock(4919)"),
    "mysql": (f"SELECT GET_LOCK({NAME}, 0)", f"SELECT RELEASE_LOCK({NAME})"),
}

# It repeats every remark of the server, values included, and what matters comes as an error.
logging.getLogger("asyncmy").setLevel(logging.ERROR)


class ServerDatabase:
    """A pool of connections; conflicts between writers are tried again.

    When the server has answered nobody for `WAIT_SECONDS`, all who have waited that long are told so, and whoever comes
    next is told at once, until it answers again.
    A connection that was lost before its transaction was to be committed costs one more try and no answer; one that is
    lost in the commit itself is Unavailable, because nobody can say whether it happened.

    The engines are run by SQLAlchemy's own greenlets, without the asyncio classes around them: those load the ORM,
    which is used nowhere here.
    """

    engine_readers = engine_writers = POOL_SIZE

    def __init__(self, url: str) -> None:
        self.address = name, arguments = driver_url(url)
        self.name = name.get_backend_name()
        common: dict[str, Any] = {
            "connect_args": arguments,
            "max_overflow": 0,
            "pool_timeout": QUEUE_SECONDS,
            "pool_use_lifo": True,
        }
        self._writer = create_engine(name, isolation_level="READ COMMITTED", pool_size=self.engine_writers, **common)
        self._reader = create_engine(
            name,
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
            pool_size=self.engine_readers,
            **common,
        )
        self._prober = create_engine(name, isolation_level="AUTOCOMMIT", connect_args=arguments, poolclass=NullPool)
        self._patience = Patience("database", self._probe, wait=WAIT_SECONDS, queue=QUEUE_SECONDS, cancels=True)

    async def fetch(self, query: Executable, **values: Any) -> Sequence[Row]:
        return await self.read(lambda c: c.execute(query, values).mappings().all())

    async def change(self, statement: Executable, **values: Any) -> int:
        return await self.write(lambda c: rows_changed(c, statement, values))

    async def read(self, work: Callable[[Connection], R]) -> R:
        return await self._patience.in_time(lambda: retried(lambda: self._read(work)))

    async def write(self, work: Callable[[Connection], R]) -> R:
        return await self._patience.in_time(lambda: retried(lambda: self._write(work)))

    async def patiently(self, work: Callable[[Connection], R]) -> R:
        return await retried(lambda: self._write_by_engine(work))

    async def exclusively(self, work: Callable[[Connection], R]) -> R:
        done: R = await greenlet_spawn(self._exclusively, work)
        return done

    def listening(self, heard: Heard) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def close(self) -> None:
        await self._patience.close()
        for engine in (self._reader, self._writer, self._prober):
            try:
                await asyncio.wait_for(greenlet_spawn(engine.dispose), CONNECT_SECONDS)
            except TimeoutError:  # it hangs: nobody hears our goodbye
                engine.dispose(close=False)

    async def _probe(self) -> None:
        """Ask on a connection of its own: the pool's may all be busy, or dead."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                with translated():
                    await self._on(self._prober, lambda c: c.exec_driver_sql("SELECT 1"))
        except (TimeoutError, Conflict) as error:
            raise Unavailable("database") from error

    async def _read(self, work: Callable[[Connection], R]) -> R:
        return await self._on(self._reader, work)

    async def _write(self, work: Callable[[Connection], R]) -> R:
        return await self._write_by_engine(work)

    async def _write_by_engine(self, work: Callable[[Connection], R]) -> R:
        return await self._on(self._writer, lambda c: _committed(work, c))

    async def _on(self, engine: Engine, work: Callable[[Connection], R]) -> R:
        def run() -> R:
            with _connected(engine) as connection:
                return work(connection)

        done: R = await greenlet_spawn(run)
        return done

    def _exclusively(self, work: Callable[[Connection], R]) -> R:
        with translated(), _connected(self._writer) as connection:
            take, give_back = LOCKS[connection.dialect.name]
            while not connection.exec_driver_sql(take).scalar():
                connection.rollback()
                await_only(asyncio.sleep(0.2))
            connection.commit()
            try:
                return work(connection)
            finally:
                connection.rollback()
                connection.exec_driver_sql(give_back)
                connection.commit()


def _committed(work: Callable[[Connection], R], connection: Connection) -> R:
    done = work(connection)
    try:
        connection.commit()
    except DBAPIError as error:
        raise Unavailable("database") from error
    return done


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    """A connection from the pool; whatever keeps us from one, the database cannot be used now."""
    try:
        connection = engine.connect()
    except Exception as error:
        if isinstance(error, DBAPIError) and reasons_of(error) & FULL:
            raise Conflict from error
        raise Unavailable("database") from error
    with connection:
        yield connection


async def retried(attempt: Callable[[], Awaitable[R]]) -> R:
    """Try again what met a conflict, up to `TRIES` times.

    Raises:
        Unavailable: it met one each time, or the database cannot be used.
    """
    for again in range(TRIES):
        try:
            with translated():
                return await attempt()
        except Conflict:
            await asyncio.sleep(random.uniform(0, 0.01 * 2 ** min(again, 5)))  # noqa: S311 - jitter, no secret
    raise Unavailable("database")


def driver_url(url: str) -> tuple[URL, dict[str, Any]]:
    """The URL as SQLAlchemy wants it, and what the driver is to be told.

    `sslmode` (PostgreSQL, as libpq has it) and `tls=on` (MySQL) ask for encryption.

    Raises:
        ValueError: it is no URL, or names no server or database of ours; what it holds is not repeated.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(f"write it as {SHAPE}") from None
    name = ALIASES.get(parsed.drivername.partition("+")[0], "")
    if not name or not parsed.database or "@" in f"{parsed.host}{parsed.database}":
        raise ValueError(f"write it as {SHAPE}")
    query = dict(parsed.query)
    arguments: dict[str, Any] = {}
    if name == "postgresql":
        arguments = {"timeout": CONNECT_SECONDS, "server_settings": {"application_name": "doorward"}}
        if "sslmode" in query:
            arguments["ssl"] = query.pop("sslmode")
    else:
        arguments = {"connect_timeout": CONNECT_SECONDS, "charset": "utf8mb4"}
        if query.pop("tls", "off") == "on":
            arguments["ssl"] = ssl.create_default_context()
    return parsed.set(drivername=f"{name}+{DRIVERS[name]}", query=query), arguments
