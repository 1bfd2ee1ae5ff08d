"""Removing what has expired, in bites that hold nobody up."""

from sqlalchemy import Column, ColumnElement, Connection, delete, select

from doorward.adapters.sql.engine import Database

BITE = 1000


async def purge(database: Database, key: "Column[object]", is_over: ColumnElement[bool]) -> int:
    """Delete the rows of a key's table that are over, and say how many that were."""
    removed = BITE
    total = 0
    while removed == BITE:
        removed = await database.write(lambda c: _bite(c, key, is_over))
        total += removed
    return total


def _bite(connection: Connection, key: "Column[object]", is_over: ColumnElement[bool]) -> int:
    over = connection.execute(select(key).where(is_over).limit(BITE)).scalars().all()
    if not over:
        return 0
    # What somebody has in hand is left for the next time: waiting for it, this would hold up others.
    free = select(key).where(key.in_(over), is_over).with_for_update(skip_locked=True)
    return connection.execute(delete(key.table).where(key.in_(connection.execute(free).scalars().all()))).rowcount
