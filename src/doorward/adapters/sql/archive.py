"""All rows of a SQL database."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select, text

from doorward.adapters.sql import tables
from doorward.adapters.sql.engine import Database
from doorward.ports.archive import KEYS, Row, Value

NUMBERED = tuple(table for table, key in KEYS.items() if key == "sequence")


class SqlArchive:
    """Reading and writing tables as they are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, table: str) -> int:
        rows = tables.metadata.tables[table]
        return await self._database.patiently(lambda c: c.execute(select(func.count()).select_from(rows)).scalar_one())

    async def read(self, table: str, after: Value, limit: int) -> Sequence[Row]:
        rows = tables.metadata.tables[table]
        key = rows.c[KEYS[table]]
        wanted = select(rows).order_by(key).limit(limit)
        if after is not None:
            wanted = wanted.where(key > after)
        return await self._database.patiently(lambda c: [dict(row) for row in c.execute(wanted).mappings()])

    async def last_key(self, table: str) -> Value:
        rows = tables.metadata.tables[table]
        last = select(rows.c[KEYS[table]]).order_by(rows.c[KEYS[table]].desc()).limit(1)
        found: Value = await self._database.patiently(lambda c: c.execute(last).scalar())
        return found

    async def write(self, table: str, rows: Sequence[Row]) -> None:
        if rows:
            await self._database.patiently(lambda c: _replace(c, table, rows))

    async def finish(self) -> None:
        await self._database.patiently(_go_on_counting)


def _replace(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    target, key = tables.metadata.tables[table], KEYS[table]
    connection.execute(delete(target).where(target.c[key].in_([row[key] for row in rows])))
    connection.execute(insert(target), [dict(row) for row in rows])


def _go_on_counting(connection: Connection) -> None:
    """PostgreSQL counts on from what it gave out itself, whatever else was written; the others from the greatest."""
    if connection.dialect.name != "postgresql":
        return
    for table in NUMBERED:
        sequence = f"pg_get_serial_sequence('{table}', 'sequence')"
        connection.execute(text(f"SELECT setval({sequence}, (SELECT max(sequence) FROM {table}))"))  # noqa: S608 - ours
