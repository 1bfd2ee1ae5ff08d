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
from sqlalchemy import Connection, Dialect, Executable, FromClause, Insert, Select
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.util import await_only

from doorward.adapters.sql.engine import CONFLICTS, UNFIT, Conflict
from doorward.adapters.sql.locks import inserted_into
from doorward.domain.errors import Unavailable

R = TypeVar("R")
DIALECT: Dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's gap
PARAMETER = re.compile(r"\$([0-9]+)")
MANY = 50  # so many rows of one INSERT are copied (COPY) instead
LOST = ("08", "57P")  # the classes of codes by which a server ends a connection


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
        self._gathered: list[tuple[str, list[Any]]] = []
        self._tables: set[FromClause] = set()

    def gather(self, statement: Insert, row: Mapping[str, Any]) -> None:
        """Run an INSERT later, together with others: each statement is a way to the server and back."""
        if statement.table in self._tables:  # nothing says in which order the parts of one statement are run
            self.run_gathered()
        ready = compiled(statement, tuple(row))
        self._gathered.append((ready.sql, ready.arguments(row)))
        self._tables.add(statement.table)

    def run_gathered(self) -> None:
        """Run the gathered statements as one."""
        if self._gathered:
            sql = together(tuple(sql for sql, _ in self._gathered))
            arguments = [argument for _, own in self._gathered for argument in own]
            self._gathered.clear()
            self._tables.clear()
            with named():
                await_only(self._connection.execute(sql, *arguments))

    def execute(self, statement: Executable, parameters: Any = None) -> Result:
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


def whole(work: Callable[[Connection], R], connection: DirectConnection) -> R:
    """Work on a connection, and whatever it has left to be run together."""
    done = work(cast("Connection", connection))
    connection.run_gathered()
    return done


@lru_cache
def together(statements: tuple[str, ...]) -> str:
    """Several statements, none of which reads what another one writes, as one; their parameters follow each other."""
    *first, last = _numbered_on(statements)
    named_first = ", ".join(f"part_{n} AS ({sql})" for n, sql in enumerate(first))
    return f"WITH {named_first} {last}" if first else last


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
