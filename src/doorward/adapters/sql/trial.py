"""A trial of what everything rests on: that a transaction which is rolled back leaves nothing."""

from sqlalchemy import Connection, insert, select

from doorward.adapters.sql import tables
from doorward.adapters.sql.engine import Database

KEY = "doctor:trial"


class _RollBack(Exception):
    """Ends the trial transaction."""


async def write_and_roll_back(database: Database) -> bool:
    """Write a row, roll back, and say whether it is gone."""
    table = tables.counters

    def write(connection: Connection) -> None:
        connection.execute(insert(table).values(key=KEY, count=1, reserved=0))
        raise _RollBack

    try:
        await database.write(write)
    except _RollBack:
        found = await database.read(lambda c: c.execute(select(table.c.key).where(table.c.key == KEY)).all())
        return not found
    return False
