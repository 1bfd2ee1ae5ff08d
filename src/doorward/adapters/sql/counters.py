"""Tallies in a table."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, or_, select, update

from doorward.adapters.sql import tables
from doorward.adapters.sql.engine import Database
from doorward.adapters.sql.locks import insert_new
from doorward.adapters.sql.mapping import columns_of, to_tally
from doorward.adapters.sql.purging import purge
from doorward.domain.tally import Budget, Tally

rows = tables.counters
_ONE = select(rows).where(rows.c.key == bindparam("wanted"))
_UPDATE = (
    update(rows)
    .where(rows.c.key == bindparam("wanted"))
    .values({f.name: bindparam(f"new_{f.name}", type_=rows.c[f.name].type) for f in fields(Tally)})
)


class SqlCounters:
    """Each change reads and writes its row in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def change(self, key: str, change: Callable[[Tally], Tally]) -> Tally:
        return (await self.change_all({key: change}))[key]

    async def change_all(
        self, changes: Mapping[str, Callable[[Tally], Tally]], *, seen: Mapping[str, Tally] | None = None
    ) -> Mapping[str, Tally]:
        if not changes:
            return {}
        return await self._database.write(lambda c: _change_all(c, changes))

    async def take(self, key: str, budget: Budget, now: datetime) -> None:
        await self.change(key, lambda tally: budget.take(tally, now))

    async def find(self, key: str) -> Tally:
        found = await self._database.fetch(_ONE, wanted=key)
        return to_tally(found[0]) if found else Tally()

    async def find_all(self, keys: Collection[str]) -> Mapping[str, Tally]:
        found = await self._database.fetch(_some(len(keys)), **{f"key_{n}": key for n, key in enumerate(keys)})
        return {row["key"]: to_tally(row) for row in found}

    async def purge(self, now: datetime) -> int:
        is_held = (rows.c.reserved > 0) & (rows.c.reserved_until > now)
        is_over = or_(rows.c.expires_at <= now, (rows.c.count == 0) & rows.c.last_at.is_(None))
        return await purge(self._database, rows.c.key, is_over & ~is_held)


def _change_all(connection: Connection, changes: Mapping[str, Callable[[Tally], Tally]]) -> Mapping[str, Tally]:
    keys = sorted(changes)  # in one order everywhere, so that two such changes never wait for each other
    found = connection.execute(_holding(len(keys)), {f"key_{n}": key for n, key in enumerate(keys)}).mappings()
    stored = {row["key"]: to_tally(row) for row in found.all()}
    changed = {key: changes[key](stored.get(key, Tally())) for key in keys}
    insert_new(connection, rows, [{"key": key, **columns_of(changed[key])} for key in keys if key not in stored])
    differing = [
        {"wanted": key, **{f"new_{name}": value for name, value in columns_of(changed[key]).items()}}
        for key in keys
        if key in stored and changed[key] != stored[key]
    ]
    if differing:
        connection.execute(_UPDATE, differing)
    return changed


@cache
def _holding(count: int) -> "Select[Any]":
    """Some tallies, kept from others until the transaction ends."""
    return _some(count).order_by(rows.c.key).with_for_update()


@cache
def _some(count: int) -> "Select[Any]":
    wanted: list[BindParameter[str]] = [bindparam(f"key_{n}", type_=rows.c.key.type) for n in range(count)]
    return select(rows).where(rows.c.key.in_(wanted))
