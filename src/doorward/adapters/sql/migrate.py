"""Bringing a database to the schema of this release, and telling whether it is there."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, inspect, text

from doorward.adapters.sql.engine import Conflict, Database
from doorward.domain.errors import Unavailable
from doorward.ports.storage import SchemaStatus

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script

MIGRATIONS = Path(__file__).parent / "migrations"
RUNS_ON = ("0007",)
"""The revisions on which this release runs, newest first: a rolling upgrade may migrate before or after."""
TRIES = 30
PAUSE_SECONDS = 1.0


async def status(database: Database) -> SchemaStatus:
    """Compare the database's revision with this release's."""
    return SchemaStatus(await database.read(_current), RUNS_ON)


async def migrate(database: Database, revision: str = "head") -> None:
    """Bring the schema to a revision, up or down; of two processes at once, the second finds nothing to do.

    A step that cannot have its table at once gives up its place in the queue, so that nobody waits behind it, and
    tries again.

    Raises:
        ValueError: there is no such revision.
        Unavailable: a table was in use for half a minute, or the database does not answer.
    """
    if revision == "head" and (await status(database)).current == RUNS_ON[0]:
        return
    for _ in range(TRIES):
        try:
            await database.exclusively(lambda c: _run(c, revision))
        except Conflict:
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return
    raise Unavailable("database")


async def planned(database: Database, revision: str = "head") -> Sequence[str]:
    """The steps that `migrate` would take, in words."""
    current = await database.read(_current)
    way, steps = _steps(current, revision)
    return [f"{way} {step.revision}: {step.doc}" for step in steps]


def _run(connection: Connection, revision: str) -> None:
    from alembic import command  # noqa: PLC0415 - a fifth of the start, needed only when there is something to do

    way, steps = _steps(_current(connection), revision)
    if connection.dialect.name != "sqlite":
        connection.rollback()  # each step is a transaction of its own there; SQLite takes all in one
    if steps:
        (command.upgrade if way == "up" else command.downgrade)(_config(connection), revision)


def _steps(current: str | None, revision: str) -> tuple[Literal["up", "down"], list["Script"]]:
    """Which way it is from one revision to another, and the steps in their order."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    scripts = list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())[::-1]
    stands = {"base": 0, "head": len(scripts)} | {script.revision: at for at, script in enumerate(scripts, 1)}
    if revision not in stands:
        raise ValueError(f"there is no revision {revision}; there are {', '.join(stands)}")
    here, there = stands[current or "base"], stands[revision]
    return ("up", scripts[here:there]) if here <= there else ("down", scripts[there:here][::-1])


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _config(connection: Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
