"""Runs revisions on a connection that is handed over, or on DATABASE_URL when `alembic` is called by hand."""

import asyncio
import os
from pathlib import Path
from typing import Literal

from alembic import context
from sqlalchemy import Connection

from doorward.adapters.sql.engine import SqliteDatabase
from doorward.adapters.sql.tables import UtcDateTime, metadata


def plainly(kind: str, item: object, _: object) -> str | Literal[False]:
    """Revisions name no class of ours: they must go on working when it is gone."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, render_item=plainly)
    with context.begin_transaction():
        context.run_migrations()


async def run_by_hand() -> None:
    url = os.environ.get("DATABASE_URL", "sqlite:///.doorward/modern.db")
    database = SqliteDatabase(Path(url.removeprefix("sqlite:///")))
    try:
        await database.write(run)
    finally:
        await database.close()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    asyncio.run(run_by_hand())
