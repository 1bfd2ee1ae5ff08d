"""Runs revisions on a connection that is handed over.

When `alembic` is called by hand: on DATABASE_URL, from the environment or from `.env` in the working directory.
"""

import asyncio
import os
from typing import Any, Literal

from alembic import context
from alembic.util import CommandError
from dotenv import dotenv_values
from sqlalchemy import Connection, Uuid
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable

from doorward.adapters.sql.opening import open_database
from doorward.adapters.sql.tables import UtcDateTime, metadata
from doorward.domain.errors import Unavailable

# A step that has to wait for its table would hold up everybody who comes after it.
PATIENCE = {"postgresql": "SET lock_timeout = '2s'", "mysql": "SET SESSION lock_wait_timeout = 2"}
ID = 'sa.Uuid().with_variant(sa.Uuid(native_uuid=False), "mysql", "mariadb")'
MOMENT = 'sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")'


@compiles(CreateTable, "mysql", "mariadb")
def exactly(create: CreateTable, compiler: Any, **options: Any) -> str:
    """Text is compared byte by byte, as on the other engines: without regard for spaces at the end or accents."""
    collation = "utf8mb4_nopad_bin" if compiler.dialect.is_mariadb else "utf8mb4_0900_bin"
    statement: str = compiler.visit_create_table(create, **options)
    return f"{statement.rstrip()} CHARACTER SET utf8mb4 COLLATE {collation}"


def plainly(kind: str, item: object, _: object) -> str | Literal[False]:
    """Revisions name no class of ours: they must go on working when it is gone."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return MOMENT
    return ID if kind == "type" and isinstance(item, Uuid) else False


def run(connection: Connection) -> None:
    if connection.dialect.name in PATIENCE:
        connection.exec_driver_sql(PATIENCE[connection.dialect.name])
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=plainly,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_by_hand() -> None:
    url = os.environ.get("DATABASE_URL") or dotenv_values(".env").get("DATABASE_URL")
    try:
        database = open_database(url or "sqlite:///.doorward/modern.db")
    except (ValueError, OSError) as error:
        raise CommandError(f"DATABASE_URL: {error}") from None
    try:
        await database.exclusively(run)
    except Unavailable as error:
        raise CommandError(
            f"The database cannot be used ({error.__cause__}). Check the server and DATABASE_URL."
        ) from None
    finally:
        await database.close()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    asyncio.run(run_by_hand())
