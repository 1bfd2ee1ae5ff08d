"""Databases of one's own on the servers that TEST_…_URL names: made, migrated, emptied and dropped.

`scripts/services env` prints those variables for what listens on this machine. A server that is not named skips its
tests and says so; with TEST_STRICT it fails them.
"""

import asyncio
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from pymongo import MongoClient
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from doorward.adapters.mongodb.schema import COLLECTIONS
from doorward.adapters.sql.server import driver_url
from doorward.adapters.sql.tables import metadata
from doorward.ports.storage import Storage
from doorward.storages import open_storage

R = TypeVar("R")
CONNECT_OPTION = {"postgresql": "timeout", "mysql": "connect_timeout"}
KINDS = ("postgresql", "mariadb", "mysql")
NAMES = tuple(f"TEST_{kind.upper()}_URL" for kind in (*KINDS, "mongodb", "redis", "rabbitmq"))


def server_url(kind: str) -> str:
    """Where a server of this kind is; the test is skipped, or with TEST_STRICT failed, if nobody has said so."""
    name = f"TEST_{kind.upper()}_URL"
    if url := os.environ.get(name):
        return url
    reason = f"{name} is not set (scripts/services up && eval $(scripts/services env))"
    if os.environ.get("TEST_STRICT"):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True, slots=True)
class Scratch:
    """A database that nobody else uses."""

    kind: str
    url: str

    def migrate(self) -> None:
        """Bring it to the newest schema."""
        migrate(self.url)

    def empty(self) -> None:
        """Remove all rows."""
        self.run(*(f"DELETE FROM {table.name}" for table in metadata.tables.values()))

    def run(self, *statements: str) -> None:
        """Run statements, each for itself."""
        _run(self.url, *statements)

    def rows(self, statement: str, **values: object) -> list[dict[str, Any]]:
        """What a query finds."""
        return self.work(lambda c: [dict(row) for row in c.execute(text(statement), values).mappings()])

    def work(self, work: Callable[[Connection], R]) -> R:
        """Do something on a connection."""
        return _with(self.url, work)

    def drop(self) -> None:
        """Remove it, whoever is still connected."""
        name = make_url(self.url).database
        force = " WITH (FORCE)" if self.kind == "postgresql" else ""
        _run(server_url(self.kind), f"DROP DATABASE {name}{force}")


@dataclass(frozen=True, slots=True)
class MongoScratch(Scratch):
    """The same on a server that speaks MongoDB's protocol."""

    def empty(self) -> None:
        for name in COLLECTIONS:
            self._on(lambda database, name=name: database[name].delete_many({}))

    def documents(self, collection: str, where: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """What a collection holds."""
        found: list[dict[str, Any]] = self._on(lambda database: list(database[collection].find(where or {})))
        return found

    def drop(self) -> None:
        self._on(lambda database: database.client.drop_database(database.name))

    def _on(self, work: Callable[[Any], Any]) -> Any:
        with MongoClient(self.url, uuidRepresentation="standard", tz_aware=True) as client:
            return work(client.get_default_database())


def scratch(kind: str) -> Scratch:
    """A new, empty database."""
    server = server_url(kind)
    name = f"doorward_{secrets.token_hex(6)}"
    if kind == "mongodb":
        return MongoScratch(kind, urlsplit(server)._replace(path=f"/{name}").geturl())
    _run(server, f"CREATE DATABASE {name}")
    return Scratch(kind, make_url(server).set(database=name).render_as_string(hide_password=False))


def made_on(server: str, kind: str) -> str:
    """The URL of a new database on a server of one's own, which takes it along when it goes."""
    name = f"doorward_{secrets.token_hex(6)}"
    _run(f"{server}/{'postgres' if kind == 'postgresql' else 'mysql'}", f"CREATE DATABASE {name}")
    return f"{server}/{name}"


def migrate(url: str) -> None:
    """Bring a database to the newest schema."""

    async def run() -> None:
        storage: Storage = open_storage(url)
        try:
            await storage.migrate()
        finally:
            await storage.close()

    asyncio.run(run())


def _run(url: str, *statements: str) -> None:
    def run(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    _with(url, run)


def _with(url: str, work: Callable[[Connection], R]) -> R:
    """Work on a connection, each statement for itself; however long it takes: a busy server makes databases slowly."""

    async def run() -> R:
        name, arguments = driver_url(url)
        engine = create_async_engine(
            name, connect_args=arguments | {CONNECT_OPTION[name.get_backend_name()]: 60}, isolation_level="AUTOCOMMIT"
        )
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()

    return asyncio.run(run())
