"""Statements on the driver's own connection: compiled once, and as few ways to the server as can be."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import Connection, Delete, Dialect, Executable, FromClause, Insert, Select, Update
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.util import await_only

from doorward.adapters.sql.engine import CONFLICTS, UNFIT, Conflict
from doorward.adapters.sql.locks import inserted_into
from doorward.domain.errors import Unavailable
from doorward.ports.writes import Stale

R = TypeVar("R")
DIALECT: Dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's gap
PARAMETER = re.compile(r"\$([0-9]+)")
MANY = 50  # so many rows of one INSERT are copied (COPY) instead
Part = tuple[str, list[Any]]  # a statement and its arguments
BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
AWAY = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What the driver raises when a connection ends; now and then it takes that for a fault of its own."""
LOST = ("08", "57P")  # the classes of codes by which a server ends a connection
EXHAUSTED = ("53", "57014")  # no disk, memory or room is left, or the statement took longer than the server allows


@contextmanager
def named(*, commits: bool = False) -> Iterator[None]:
    """Call the driver's errors as the engine does.

    Args:
        commits: what is run commits by itself. If the connection is lost then, it may have happened or not: it must not
            be done again, and nobody may be told that it is undone.
    """
    lost = Unavailable("database") if commits else Conflict()
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        raise IntegrityError("", None, error) from error
    except asyncpg.InvalidCachedStatementError as error:
        raise Conflict from error
    except AWAY as error:
        raise lost from error
    except asyncpg.PostgresError as error:
        state = error.sqlstate or ""
        if state in CONFLICTS:
            raise Conflict from error
        if state.startswith(LOST):
            raise lost from error
        if state in UNFIT or state.startswith(EXHAUSTED):
            raise Unavailable("database") from error
        raise


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
    """One transaction on the driver's own connection, to be used like SQLAlchemy's.

    It begins with the first statement that must be run by itself. Often there is none: then all that was gathered is
    one statement, which is a transaction without being told so.
    """

    dialect = DIALECT

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection
        self._held: list[Part] = []
        self._gathered: list[Part] = []
        self._tables: set[FromClause] = set()
        self.has_begun = False

    def gather(self, statement: Insert, row: Mapping[str, Any]) -> None:
        """Run an INSERT later, together with others: each statement is a way to the server and back."""
        if statement.table in self._tables:  # nothing says in which order the parts of one statement are run
            self.run_gathered()
        ready = compiled(statement, tuple(row))
        self._gathered.append((ready.sql, ready.arguments(row)))
        self._tables.add(statement.table)

    def demand_one(self, statement: Update | Delete, values: Mapping[str, Any]) -> None:
        """Change one row, or raise Stale; the first one together with what is gathered after it."""
        if self.has_begun or self._tables:
            if self.execute(statement, values).rowcount != 1:
                raise Stale
            return
        ready = compiled(statement)
        self._held.append((ready.sql, ready.arguments(values)))
        self._tables.add(cast("FromClause", statement.table))

    def execute(self, statement: Executable, parameters: Any = None) -> Result:
        self._begin()
        self.run_gathered()
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
            return Result((), count_of(await_only(self._connection.execute(ready.sql, *arguments))))

    def scalar(self, statement: Executable, parameters: Any = None) -> Any:
        return self.execute(statement, parameters).scalar()

    def _execute_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> Result:
        if len(rows) >= MANY and (table := inserted_into(statement)) is not None:
            columns = tuple(rows[0])
            records = list(map(itemgetter(*columns), rows))
            with named():
                await_only(self._connection.copy_records_to_table(table.name, records=records, columns=columns))
        elif rows:
            ready = compiled(statement, tuple(rows[0]) if statement.is_insert else ())
            with named():
                await_only(self._connection.executemany(ready.sql, [ready.arguments(row) for row in rows]))
        return Result((), len(rows))

    def commit(self) -> None:
        """End the transaction; what was gathered is all of it if none has begun."""
        if not self.has_begun:
            self.run_gathered(commits=True)
            return
        self.run_gathered()
        with named(commits=True):
            await_only(self._connection.execute("COMMIT"))

    def _begin(self) -> None:
        if not self.has_begun:
            self.has_begun = True
            with named():
                await_only(self._connection.execute(BEGIN))

    def run_gathered(self, *, commits: bool = False) -> None:
        """Run what was gathered as one statement, which commits by itself or is part of the transaction."""
        held, parts = self._held, self._gathered
        if not held and not parts:
            return
        if not commits:
            self._begin()
        self._held, self._gathered, self._tables = [], [], set()
        sql = together(held[0][0] if held else None, tuple(part for part, _ in parts))
        arguments = [argument for _, own in (*held, *parts) for argument in own]
        with named(commits=commits):
            if not held:
                await_only(self._connection.execute(sql, *arguments))
            elif not await_only(self._connection.fetchval(sql, *arguments)):
                raise Stale


def whole(work: Callable[[Connection], R], connection: DirectConnection) -> R:
    """Work on a connection, and commit."""
    done = work(cast("Connection", connection))
    connection.commit()
    return done


@lru_cache
def together(held: str | None, parts: tuple[str, ...]) -> str:
    """Several statements, none of which reads what another one writes, as one; their parameters follow each other.

    Args:
        held: an UPDATE or DELETE; if it changes no row, nothing else is done. The answer is how many it changed.
        parts: INSERTs, each of one row.
    """
    if held is None:
        *rest, last = _numbered_on(parts)
        begun = ", ".join(f"part_{n} AS ({sql})" for n, sql in enumerate(rest))
        return f"WITH {begun} {last}" if rest else last
    first, *others = _numbered_on((held, *parts))
    # Whoever waits for the row takes numbers of the logs only once he has it: each part reads from `held`.
    depending = (f", part_{n} AS ({_reading_held(sql)})" for n, sql in enumerate(others))
    return f"WITH held AS ({first} RETURNING 1){''.join(depending)} SELECT count(*) FROM held"  # noqa: S608 - ours


def _reading_held(sql: str) -> str:
    """An INSERT of one row as one that happens only if the held row is there."""
    target, _, row = sql.partition(" VALUES (")
    return f"{target} SELECT {row.removesuffix(')')} FROM held"  # noqa: S608 - ours


def _numbered_on(statements: Sequence[str]) -> Iterator[str]:
    before = 0
    for sql in statements:
        pieces = PARAMETER.split(sql)  # text and number by turns
        numbers = [int(number) for number in pieces[1::2]]
        pieces[1::2] = [f"${number + before}" for number in numbers]
        before += max(numbers, default=0)
        yield "".join(pieces)


def count_of(status: str) -> int:
    """How many rows a command changed, of what the server says about it: `UPDATE 1`, `INSERT 0 1`."""
    return int(status.rpartition(" ")[2])
