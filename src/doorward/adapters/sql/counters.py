"""Tallies in a table."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from doorward.adapters.sql import tables
from doorward.adapters.sql.engine import Database
from doorward.adapters.sql.locks import insert_new
from doorward.adapters.sql.mapping import columns_of, to_tally
from doorward.adapters.sql.purging import purge
from doorward.domain.tally import Tally


class SqlCounters:
    """Each change reads and writes its row in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def change(self, key: str, change: Callable[[Tally], Tally]) -> Tally:
        return (await self.change_all({key: change}))[key]

    async def change_all(self, changes: Mapping[str, Callable[[Tally], Tally]]) -> Mapping[str, Tally]:
        if not changes:
            return {}
        # In one order everywhere, so that two such changes never wait for each other.
        return await self._database.write(lambda c: {key: _change(c, key, changes[key]) for key in sorted(changes)})

    async def find(self, key: str) -> Tally:
        return await self._database.read(lambda c: _find(c, key)) or Tally()

    async def purge(self, now: datetime) -> int:
        rows = tables.counters
        is_held = (rows.c.reserved > 0) & (rows.c.reserved_until > now)
        is_over = or_(rows.c.expires_at <= now, (rows.c.count == 0) & rows.c.last_at.is_(None))
        return await purge(self._database, rows.c.key, is_over & ~is_held)


def _change(connection: Connection, key: str, change: Callable[[Tally], Tally]) -> Tally:
    rows = tables.counters
    stored = _find(connection, key, for_update=True)
    changed = change(stored or Tally())
    if stored is None:
        insert_new(connection, rows, {"key": key, **columns_of(changed)})
    elif changed != stored:
        connection.execute(update(rows).where(rows.c.key == key).values(columns_of(changed)))
    return changed


def _find(connection: Connection, key: str, *, for_update: bool = False) -> Tally | None:
    rows = tables.counters
    mine = select(rows).where(rows.c.key == key)
    row = connection.execute(mine.with_for_update() if for_update else mine).mappings().first()
    return to_tally(row) if row else None
