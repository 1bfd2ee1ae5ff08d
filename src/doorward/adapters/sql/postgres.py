"""PostgreSQL without detours: statements are compiled once and go straight to the driver.

SQLAlchemy's engine takes ten times the processor time of the driver for a statement, and a sign-in runs twenty. So what
every request runs is only *written* with SQLAlchemy; searches, migrations and bulk work still go through its engine.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import Connection, Dialect, Executable, Select
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.util import await_only, greenlet_spawn

from doorward.adapters.sql.engine import CONFLICTS, UNFIT, Conflict
from doorward.adapters.sql.locks import inserted_into
from doorward.adapters.sql.mapping import Row
from doorward.adapters.sql.server import FULL, POOL_SIZE, ServerDatabase, retried
from doorward.adapters.sql.telling import CHANNEL, told
from doorward.domain.errors import Unavailable
from doorward.ports.storage import Heard

R = TypeVar("R")
log = logging.getLogger("doorward.database")
DIALECT: Dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]
BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
PAUSE_SECONDS = 1.0
MANY = 50  # so many rows of one INSERT are copied (COPY) instead
LOST = ("08", "57P")  # the classes of codes by which a server ends a connection


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement's text, the names of its parameters in order, and the values that stand in the statement itself."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        return [values[name] if name in values else self.fixed[name] for name in self.names]


_compiled: "WeakKeyDictionary[Executable, dict[tuple[str, ...], Compiled]]" = WeakKeyDictionary()


def compiled(statement: Executable, columns: tuple[str, ...] = ()) -> Compiled:
    """Compile a statement; one that is a constant of its module, only once.

    Args:
        statement: what to run.
        columns: for an INSERT, the columns that are given.
    """
    known = _compiled.setdefault(statement, {})
    if columns not in known:
        expression = cast("Select[Any]", statement)
        made = expression.compile(
            dialect=DIALECT, column_keys=columns or None, compile_kwargs={"render_postcompile": True}
        )
        asked = {bind.key for bind in made.binds.values() if bind.required}
        fixed = {name: value for name, value in made.params.items() if name not in asked}
        known[columns] = Compiled(str(made), tuple(made.positiontup or ()), fixed)
    return known[columns]


class Result:
    """What a statement gave; the few ways to look at it that the handlers use of SQLAlchemy's."""

    def __init__(self, rows: Sequence[Any], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def mappings(self) -> "Result":
        return self

    def all(self) -> Sequence[Any]:
        return self._rows

    def first(self) -> Any:
        return self._rows[0] if self._rows else None

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def scalars(self) -> "Result":
        return Result([row[0] for row in self._rows], self.rowcount)


class DirectConnection:
    """One transaction on the driver's own connection, to be used like SQLAlchemy's."""

    dialect = DIALECT

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection

    def execute(self, statement: Executable, parameters: Any = None) -> Result:
        if isinstance(parameters, Sequence):
            if len(parameters) != 1:
                return self._execute_many(statement, parameters)
            parameters = parameters[0]
        values: Mapping[str, Any] = parameters or {}
        ready = compiled(statement, tuple(values) if statement.is_insert else ())
        arguments = ready.arguments(values)
        with named():
            if statement.is_select:
                rows = await_only(self._connection.fetch(ready.sql, *arguments))
                return Result(rows, len(rows))
            return Result((), _count(await_only(self._connection.execute(ready.sql, *arguments))))

    def scalar(self, statement: Executable, parameters: Any = None) -> Any:
        return self.execute(statement, parameters).scalar()

    def _execute_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> Result:
        if len(rows) >= MANY and (table := inserted_into(statement)) is not None:
            columns = tuple(rows[0])
            with named():
                records = list(map(itemgetter(*columns), rows))
                await_only(self._connection.copy_records_to_table(table.name, records=records, columns=columns))
        elif rows:
            ready = compiled(statement, tuple(rows[0]) if statement.is_insert else ())
            with named():
                await_only(self._connection.executemany(ready.sql, [ready.arguments(row) for row in rows]))
        return Result((), len(rows))


def _count(status: str) -> int:
    """How many rows a command changed, of what the server says about it: `UPDATE 1`, `INSERT 0 1`."""
    return int(status.rpartition(" ")[2])


class PostgresDatabase(ServerDatabase):
    """Like any server, with a short way for what every request runs."""

    takes_arrays = True

    def __init__(self, url: str) -> None:
        super().__init__(url)
        parsed, arguments = self.address
        _, options = DIALECT.create_connect_args(parsed)
        self._options = {**options, **arguments}
        self._pools: dict[str, asyncpg.Pool[Any]] = {}
        self._opening = asyncio.Lock()

    async def fetch(self, query: Select[Any], **values: Any) -> Sequence[Row]:
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
            return _count(done)

    async def _write(self, work: Callable[[Connection], R]) -> R:
        async with self._borrowed("writing") as connection:
            await connection.execute(BEGIN)
            try:
                done = await greenlet_spawn(work, cast("Connection", DirectConnection(connection)))
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
            is_clean = not connection.is_in_transaction()
            raise
        finally:
            if not is_clean:  # nobody waits for a server that does not answer; the next one gets a new connection
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
                    min_size=0, max_size=POOL_SIZE, init=_prepare, reset=_leave_as_it_is, **self._options
                )
                self._pools[kind] = await pool
            return self._pools[kind]


@contextmanager
def named() -> Iterator[None]:
    """Call the driver's errors as the engine does."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        raise IntegrityError("", None, error) from error
    except (asyncpg.InvalidCachedStatementError, asyncpg.InterfaceError, OSError) as error:
        raise Conflict from error
    except asyncpg.PostgresError as error:
        state = error.sqlstate or ""
        if state in CONFLICTS or state.startswith(LOST):
            raise Conflict from error
        if state in UNFIT:
            raise Unavailable("database") from error
        raise


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
