"""What stands in for SQLite's single writer where there are many."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.exc import IntegrityError

from doorward.adapters.sql import tables
from doorward.adapters.sql.engine import Conflict


def insert_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Insert a row that was not there a moment ago.

    Raises:
        Conflict: it is there by now.
    """
    try:
        connection.execute(insert(table).values(values))
    except IntegrityError as error:
        raise Conflict from error


def take_turns(connection: Connection, name: str) -> None:
    """Let transactions that name the same thing run one after the other from here on; each sees what the last one did.

    A row is locked to that end. SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "sqlite":
        return
    rows, key = tables.counters, f"turn:{name}"
    if connection.execute(select(rows.c.key).where(rows.c.key == key).with_for_update()).first() is None:
        insert_new(connection, rows, {"key": key, "count": 1, "reserved": 0})
