"""Accounts that have one of many values: what an import asks for each of its batches."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, Select, bindparam, func, or_, select, true, union

from doorward.adapters.sql import tables
from doorward.adapters.sql.engine import Database
from doorward.adapters.sql.mapping import to_user
from doorward.domain.identifiers import Identifier, Kind
from doorward.domain.user import User


async def matching(database: Database, ids: Collection[UUID], identifiers: Collection[Identifier]) -> Sequence[User]:
    """The accounts that have one of the ids or identifiers."""
    named = {kind.value: [i.value for i in identifiers if i.kind is kind] for kind in Kind}
    wanted = {name: values for name, values in {"id": list(ids), **named}.items() if values}
    if not wanted:
        return []
    query = _matching(tuple(wanted), takes_arrays=database.name == "postgresql")
    rows = await database.fetch(query, **{_bound(name): values for name, values in wanted.items()})
    return [to_user(row) for row in rows]


@cache
def _matching(names: tuple[str, ...], *, takes_arrays: bool) -> Select[Any]:
    columns = [tables.users.c[name] for name in names]
    if takes_arrays:
        return select(union(*map(_one_by_one, columns)).subquery())
    found = [column.in_(bindparam(_bound(column.name), expanding=True)) for column in columns]
    return select(tables.users).where(or_(*found))


def _one_by_one(column: Column[Any]) -> Select[Any]:
    """A look-up in the index for each value, whatever the plan was made for.

    A table that was empty when a long import began is soon too long to be read through for each batch.
    """
    values = func.unnest(bindparam(_bound(column.name), type_=ARRAY(column.type)))
    wanted = values.table_valued(Column("value", column.type)).render_derived(name="wanted")
    owner = select(tables.users).where(column == wanted.c.value).limit(1).lateral()
    return select(owner).select_from(wanted).join(owner, true())


def _bound(name: str) -> str:
    return f"{name}_in"
