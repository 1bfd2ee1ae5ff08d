"""What a started program keeps, read beside it, on whichever backend TEST_BACKEND names."""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import Connection, Date, Uuid, create_engine, inspect, select, text
from sqlalchemy.pool import NullPool

from doorward.adapters.mongodb.schema import COLLECTIONS
from doorward.adapters.sql.tables import UtcDateTime, metadata
from support import servers

R = TypeVar("R")
Record = dict[str, Any]


def backend() -> str:
    """Which database the started programs use: sqlite unless TEST_BACKEND says otherwise."""
    return os.environ.get("TEST_BACKEND", "sqlite")


class Stored(Protocol):
    """One program's database. `records` is the way that every backend offers; `rows` and `run` speak SQL."""

    url: str

    def records(self, table: str, **members: Any) -> list[Record]:
        """What has these members, in the order of writing; ids as text, moments with their zone, documents read."""

    def rows(self, statement: str, *values: object) -> list[Record]:
        """What a query finds, as the driver gives it; `?` stands for a value."""

    def run(self, *statements: str) -> None:
        """Change something behind the program's back."""

    def take_away(self, *tables: str) -> None:
        """Let tables be missing."""

    def holds(self, secret: str) -> bool:
        """Whether a text is stored anywhere."""

    def columns(self, table: str) -> set[str]:
        """The names of a table's columns."""

    def unique(self, table: str) -> list[list[str]]:
        """The columns of each unique index."""

    def drop(self) -> None:
        """Remove it."""


class _Sql:
    """What SQL databases share; `_in` runs work on a connection."""

    def _in(self, work: Callable[[Connection], R]) -> R:
        raise NotImplementedError

    def records(self, table: str, **members: Any) -> list[Record]:
        found = metadata.tables[table]
        query = select(found).where(*(found.c[name] == _as_stored(found.c[name], v) for name, v in members.items()))
        ordered = query.order_by(found.c.sequence) if "sequence" in found.c else query
        return self._in(lambda c: [{n: _plain(v) for n, v in row.items()} for row in c.execute(ordered).mappings()])

    def rows(self, statement: str, *values: object) -> list[Record]:
        first, *rest = statement.split("?")
        named = first + "".join(f":v{number}{part}" for number, part in enumerate(rest))
        given = {f"v{number}": value for number, value in enumerate(values)}
        return self._in(lambda c: [dict(row) for row in c.execute(text(named), given).mappings()])

    def run(self, *statements: str) -> None:
        raise NotImplementedError

    def take_away(self, *tables: str) -> None:
        self.run(*(f"ALTER TABLE {table} RENAME TO {table}_gone" for table in tables))

    def holds(self, secret: str) -> bool:
        return any(secret in str(self.records(table)) for table in metadata.tables)

    def columns(self, table: str) -> set[str]:
        return self._in(lambda c: {column["name"] for column in inspect(c).get_columns(table)})

    def unique(self, table: str) -> list[list[str]]:
        def names(connection: Connection) -> list[list[str]]:
            looking = inspect(connection)
            indexes = [index for index in looking.get_indexes(table) if index["unique"]]
            return [list(each["column_names"]) for each in (*indexes, *looking.get_unique_constraints(table))]

        return self._in(names)


@dataclass(frozen=True)
class StoredInFile(_Sql):
    """SQLite."""

    path: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def run(self, *statements: str) -> None:
        for statement in statements:
            self._in(lambda c, statement=statement: c.execute(text(statement)) and c.commit(), mode="rw")

    def holds(self, secret: str) -> bool:
        return any(secret.encode() in path.read_bytes() for path in self.path.parent.glob(f"{self.path.name}*"))

    def drop(self) -> None:
        """The folder goes with the test."""

    def _in(self, work: Callable[[Connection], R], mode: str = "ro") -> R:
        address = f"sqlite:///file:{self.path}?mode={mode}&uri=true&timeout=10"
        engine = create_engine(address, poolclass=NullPool)
        with closing(engine.connect()) as connection:
            return work(connection)


@dataclass(frozen=True)
class StoredOnServer(_Sql):
    """PostgreSQL, MariaDB, MySQL."""

    scratch: servers.Scratch

    @property
    def url(self) -> str:
        return self.scratch.url

    def run(self, *statements: str) -> None:
        self.scratch.run(*statements)

    def drop(self) -> None:
        self.scratch.drop()

    def _in(self, work: Callable[[Connection], R]) -> R:
        return self.scratch.work(work)


@dataclass(frozen=True)
class StoredInDocuments:
    """MongoDB: names are those of the SQL tables, and so are kinds: what is a moment there, is a text here."""

    scratch: servers.MongoScratch

    @property
    def url(self) -> str:
        return self.scratch.url

    def records(self, table: str, **members: Any) -> list[Record]:
        kinds = metadata.tables[table].c
        where = {"_id" if n == "id" else n: _as_stored(kinds[n], v) for n, v in members.items()}
        documents = sorted(self.scratch.documents(table, where), key=lambda document: document.get("sequence", 0))
        return [self._record(kinds, document) for document in documents]

    def rows(self, statement: str, *values: object) -> list[Record]:
        pytest.skip("asks in SQL")

    def run(self, *statements: str) -> None:
        pytest.skip("changes tables in SQL")

    def take_away(self, *tables: str) -> None:
        pytest.skip("a collection that is missing is an empty one")

    def holds(self, secret: str) -> bool:
        return any(secret in str(self.scratch.documents(name)) for name in COLLECTIONS)

    def columns(self, table: str) -> set[str]:
        pytest.skip("a collection has no columns")

    def unique(self, table: str) -> list[list[str]]:
        indexes = self.scratch._on(lambda database: database[table].index_information())
        return [[key for key, _ in index["key"]] for index in indexes.values() if index.get("unique")]

    def drop(self) -> None:
        self.scratch.drop()

    @staticmethod
    def _record(kinds: Any, document: Record) -> Record:
        named = {"id" if name == "_id" else name: value for name, value in document.items()}
        return {name: _plain(_read(kinds[name], value)) for name, value in named.items() if name in kinds}


def new_database(file: Path) -> Stored:
    """An empty one for a program that is about to start."""
    kind = backend()
    if kind == "sqlite":
        return StoredInFile(file)
    if kind not in (*servers.KINDS, "mongodb"):
        raise pytest.UsageError(f"TEST_BACKEND={kind} is not known")
    scratch = servers.scratch(kind)
    if isinstance(scratch, servers.MongoScratch):
        return StoredInDocuments(scratch)
    return StoredOnServer(scratch)


def _as_stored(column: Any, value: Any) -> Any:
    return UUID(value) if isinstance(column.type, Uuid) and isinstance(value, str) else value


def _read(column: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(column.type, Date) else value


def _plain(value: Any) -> Any:
    assert not isinstance(value, datetime) or value.tzinfo
    return str(value) if isinstance(value, UUID) else value
