"""Connections: one writer and a few readers for SQLite, and drivers' errors translated at the border."""

import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from doorward.domain.errors import Unavailable

READERS = 4
WAIT_SECONDS = 10
WAL_TRIES = 50


@contextmanager
def translated() -> Iterator[None]:
    """Turn a driver's "I cannot" into Unavailable."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise Unavailable("database") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("database") from error
        raise


@dataclass(frozen=True, slots=True)
class Database:
    """Two ways in: `reading` sees committed data and blocks nobody, `writing` is one transaction at a time.

    SQLite has one writer. Queueing for it here, in order, beats polling its lock: `BEGIN IMMEDIATE` then waits
    only for other processes, and no transaction ever fails half-way because its snapshot is old.
    """

    reader: AsyncEngine
    writer: AsyncEngine

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reads, each statement for itself."""
        with translated():
            async with self.reader.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        with translated():
            async with self.writer.begin() as connection:
                yield connection

    async def close(self) -> None:
        await self.reader.dispose()
        await self.writer.dispose()


def open_sqlite(path: Path) -> Database:
    """Open a file (made if it is missing), in WAL mode, every commit flushed to disk."""
    url = f"sqlite+aiosqlite:///{path}"
    reader = create_async_engine(url, pool_size=READERS, max_overflow=0, pool_timeout=WAIT_SECONDS)
    writer = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=WAIT_SECONDS)
    for engine in (reader, writer):
        event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(writer.sync_engine, "begin", _begin_immediate)
    return Database(reader.execution_options(isolation_level="AUTOCOMMIT"), writer)


def _prepare(connection: Any, record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={WAIT_SECONDS * 1000}")
    _use_wal(cursor)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    # SQLite's own knows only ASCII, and a search would miss what other engines find.
    connection.create_function("lower", 1, _lower, deterministic=True)


def _use_wal(cursor: Any) -> None:
    """Switch the file to WAL; of two that do so at once SQLite refuses one without waiting, so it asks again."""
    for _ in range(WAL_TRIES):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            time.sleep(0.02)
        else:
            return
    cursor.execute("PRAGMA journal_mode=WAL")


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
