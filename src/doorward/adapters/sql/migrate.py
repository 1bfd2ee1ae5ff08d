"""Bringing a database to the schema of this release, and telling whether it is there."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from doorward.adapters.sql.engine import Database

if TYPE_CHECKING:
    from alembic.config import Config

RUNS_ON = ("0004",)
"""The revisions on which this release runs, newest first: a rolling upgrade may migrate before or after."""


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """Where a database stands; `current` is None for an empty one."""

    current: str | None
    head: str = RUNS_ON[0]

    @property
    def is_compatible(self) -> bool:
        return self.current in RUNS_ON


async def status(database: Database) -> SchemaStatus:
    """Compare the database's revision with this release's."""
    return SchemaStatus(await database.read(_current))


async def upgrade(database: Database, revision: str = "head") -> None:
    """Apply the revisions up to `revision`; with two processes at once, the second finds nothing to do."""
    from alembic import command  # noqa: PLC0415 - a fifth of the start, needed only when there is something to do

    await database.write(lambda c: command.upgrade(_config(c), revision))


async def downgrade(database: Database, revision: str) -> None:
    """Take revisions back down to `revision`."""
    from alembic import command  # noqa: PLC0415 - see above

    await database.write(lambda c: command.downgrade(_config(c), revision))


async def upgrade_if_needed(database: Database) -> None:
    """Bring the schema up to date, unless it is."""
    found = await status(database)
    if found.current != found.head:
        await upgrade(database)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _config(connection: Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
