"""What stands in for SQLite's single writer where there are many."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Insert, Select, Table, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from doorward.adapters.sql import tables
from doorward.adapters.sql.engine import Conflict
from doorward.ports import writes

_TURN = select(tables.counters.c.key).where(tables.counters.c.key == bindparam("wanted")).with_for_update()


def insert_new(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that were not there a moment ago.

    Raises:
        Conflict: one of them is there by now.
    """
    if not values:
        return
    try:
        connection.execute(inserting(table), values)
    except IntegrityError as error:
        raise Conflict from error


def add(connection: Connection, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that nothing in this transaction reads; together with others where the connection gathers them."""
    gather = getattr(connection, "gather", None)
    if gather is None or len(rows) > 1:
        connection.execute(statement, rows)
    else:
        gather(statement, rows[0])


@cache
def inserting(table: Table) -> Insert:
    """The INSERT of a table; a key that the engine makes is not asked back."""
    return insert(table).inline()


def inserted_into(statement: Executable) -> Table | None:
    """The table of which this is `inserting`: rows that go in as they are."""
    table = getattr(statement, "table", None)
    return table if isinstance(table, Table) and statement is inserting(table) else None


def take_turns(connection: Connection, name: str) -> None:
    """Let transactions that name the same thing run one after the other from here on; each sees what the last one did.

    A row is locked to that end. SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "sqlite":
        return
    key = f"turn:{name}"
    if connection.execute(_TURN, {"wanted": key}).first() is None:
        insert_new(connection, tables.counters, [{"key": key, "count": 1, "reserved": 0}])


def hold_accounts(connection: Connection, changes: Sequence[writes.Write]) -> None:
    """Let commits about one account run one after the other, from their first statement on.

    Otherwise they miss each other's new rows (a session, a challenge), take numbers for the log in another order
    than they take effect, and wait for each other in a ring. SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "sqlite":
        return
    accounts = writes.accounts_of(changes)
    if not accounts or accounts == _held_by_first(changes):
        return
    # Tries that are written down need the account to stay, no more: a flood of them must not queue for its row.
    is_shared = all(isinstance(change, (writes.AddLoginAttempt, writes.Record)) for change in changes)
    bound = {f"id_{n}": account for n, account in enumerate(accounts)}
    connection.execute(_holding(len(accounts), is_shared=is_shared), bound)


@cache
def _holding(count: int, *, is_shared: bool) -> "Select[Any]":
    ids = tables.users.c.id
    rows = select(ids).where(ids.in_([bindparam(f"id_{n}", type_=ids.type) for n in range(count)])).order_by(ids)
    return rows.with_for_update(read=is_shared, key_share=is_shared)


def _held_by_first(changes: Sequence[writes.Write]) -> set[object]:
    """What the first change locks itself, because it writes the account's row."""
    match changes[0]:
        case writes.SaveUser(old):
            return {old.id}
        case writes.CountFailedAttempt(user_id):
            return {user_id}
    return set()
