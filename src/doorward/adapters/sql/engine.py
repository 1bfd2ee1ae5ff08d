"""Ways to a SQL database, and drivers' errors translated at the border."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Executable, Select, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from doorward.adapters.sql.mapping import Row
from doorward.domain.errors import Unavailable
from doorward.ports.storage import Heard

R = TypeVar("R")
READERS = 4
WAIT_SECONDS = 10
WAL_TRIES = 50


# Deadlocks, serialization failures and lock waits: the engine has rolled back, and the same work may go through now.
CONFLICTS = frozenset({"40001", "40P01", "55P03", 1205, 1213})
# No such table or column, no right to it, a server that only reads: an operator's affair, as a server that is away.
UNFIT = frozenset({"42P01", "42703", "42501", "25006", 1146, 1054, 1142, 1143})


class Conflict(Exception):
    """Somebody was faster, or the connection had died; the same transaction may go through if it is done again."""


class Database(Protocol):
    """The ways in. The work is plain SQLAlchemy on a connection; how it gets to one is the database's affair.

    Statements that are constants of their modules, with `bindparam` for what changes, are compiled once.
    All raise Unavailable when the database cannot be reached in time.
    `takes_arrays` says whether one bound value may be a list of values to compare with.
    """

    takes_arrays: bool

    async def fetch(self, query: Select[Any], **values: Any) -> Sequence[Row]:
        """Run one query on committed data and return its rows."""

    async def change(self, statement: Executable, **values: Any) -> int:
        """Run one statement as a transaction and return how many rows it changed."""

    async def read(self, work: Callable[[Connection], R]) -> R:
        """Run reads on committed data; they block nobody."""

    async def write(self, work: Callable[[Connection], R]) -> R:
        """Run one transaction: committed when the work returns, rolled back when it raises.

        The work may be called again after a conflict with another transaction.
        """

    async def patiently(self, work: Callable[[Connection], R]) -> R:
        """Like `write`, for work on many rows that nobody waits for."""

    async def exclusively(self, work: Callable[[Connection], R]) -> R:
        """Run work that opens its own transactions, as the only such work on this database, however long it takes."""

    def listening(self, heard: Heard) -> AbstractAsyncContextManager[None]:
        """While it is entered, be told what `handlers.tell` says in other processes, if the database can."""

    async def close(self) -> None:
        """Let go of all connections."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn a driver's "I cannot" into Unavailable, and its "not now" into Conflict."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated or reasons_of(error) & CONFLICTS:
            raise Conflict from error
        is_no_database = isinstance(error.orig, sqlite3.DatabaseError) and "not a database" in str(error)
        is_unfit = reasons_of(error) & UNFIT
        if isinstance(error, (OperationalError, InterfaceError)) or is_no_database or is_unfit:
            raise Unavailable("database") from error
        raise
    except (PoolTimeout, OSError) as error:
        raise Unavailable("database") from error


def rows_changed(connection: Connection, statement: Executable, values: Row) -> int:
    """Run a statement and say how many rows it changed."""
    return connection.execute(statement, values).rowcount


def reasons_of(error: DBAPIError) -> set[object]:
    """The engine's codes: an SQLSTATE, and with MySQL a number."""
    return {getattr(error.orig, "sqlstate", None), *getattr(error.orig, "args", ())[:1]}


class SqliteDatabase:
    """A file: one thread writes, a few read, each with a connection of its own.

    SQLite has one writer. Queueing for it here, in order, beats polling its lock: `BEGIN IMMEDIATE` then waits
    only for other processes, and no transaction ever fails half-way because its snapshot is old. A whole
    transaction runs in its thread at one go, so that a request costs a few hand-overs and not one a statement.
    """

    takes_arrays = False

    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its other files the same mode
        url = f"sqlite:///{path}"
        self._reader = create_engine(url, pool_size=READERS, max_overflow=0, isolation_level="AUTOCOMMIT")
        self._writer = create_engine(url, pool_size=1, max_overflow=0)
        for engine in (self._reader, self._writer):
            event.listen(engine, "connect", _prepare)
        event.listen(self._writer, "begin", _begin_immediate)
        self._reading = ThreadPoolExecutor(READERS, "sqlite-reading")
        self._writing = ThreadPoolExecutor(1, "sqlite-writing")

    async def fetch(self, query: Select[Any], **values: Any) -> Sequence[Row]:
        return await self.read(lambda c: c.execute(query, values).mappings().all())

    async def change(self, statement: Executable, **values: Any) -> int:
        return await self.write(lambda c: rows_changed(c, statement, values))

    async def read(self, work: Callable[[Connection], R]) -> R:
        return await _in_thread(self._reading, lambda: self._read(work))

    async def write(self, work: Callable[[Connection], R]) -> R:
        return await _in_thread(self._writing, lambda: self._write(work))

    def listening(self, heard: Heard) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def close(self) -> None:
        for threads in (self._reading, self._writing):
            threads.shutdown(wait=True, cancel_futures=True)
        self._reader.dispose()
        self._writer.dispose()

    async def patiently(self, work: Callable[[Connection], R]) -> R:
        return await self.write(work)

    async def exclusively(self, work: Callable[[Connection], R]) -> R:
        return await self.write(work)

    def _read(self, work: Callable[[Connection], R]) -> R:
        with translated(), self._reader.connect() as connection:
            return work(connection)

    def _write(self, work: Callable[[Connection], R]) -> R:
        with translated(), self._writer.begin() as connection:
            return work(connection)


async def _in_thread(threads: ThreadPoolExecutor, work: Callable[[], R]) -> R:
    """Run in a thread; what has not begun when the time is up never will."""
    future = asyncio.get_running_loop().run_in_executor(threads, work)
    try:
        return await asyncio.wait_for(future, WAIT_SECONDS)
    except TimeoutError:
        raise Unavailable("database") from None


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
    """Letter by letter, as servers do it: none becomes two (İ), none depends on its neighbours (Σ)."""
    return "".join(letter.lower()[0] for letter in text) if isinstance(text, str) else text


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
