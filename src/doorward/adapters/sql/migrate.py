"""Bringing a database to the schema of this release, and telling whether it is there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from doorward.adapters.sql.engine import Database

R = TypeVar("R")
OLDEST_COMPATIBLE = "0001"
"""The oldest revision that this release runs on, so that a rolling upgrade can migrate first or last."""


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """Where a database stands; `current` is None for an empty one."""

    current: str | None
    head: str
    compatible: tuple[str, ...]

    @property
    def is_compatible(self) -> bool:
        return self.current in self.compatible


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


async def status(database: Database) -> SchemaStatus:
    """Compare the database's revision with this release's."""
    script = ScriptDirectory.from_config(_config())
    newest_first = [revision.revision for revision in script.walk_revisions()]
    oldest = newest_first.index(OLDEST_COMPATIBLE)
    current = await _on(database, lambda c: MigrationContext.configure(c).get_current_revision())
    return SchemaStatus(current, newest_first[0], tuple(newest_first[: oldest + 1]))


async def upgrade(database: Database, revision: str = "head") -> None:
    """Apply the revisions up to `revision`; with two processes at once, the second finds nothing to do."""
    await _on(database, lambda c: command.upgrade(_with(c), revision))


async def downgrade(database: Database, revision: str) -> None:
    """Take revisions back down to `revision`."""
    await _on(database, lambda c: command.downgrade(_with(c), revision))


def _with(connection: Connection) -> Config:
    config = _config()
    config.attributes["connection"] = connection
    return config


async def _on(database: Database, work: Callable[[Connection], R]) -> R:
    async with database.writing() as connection:
        return await connection.run_sync(work)
