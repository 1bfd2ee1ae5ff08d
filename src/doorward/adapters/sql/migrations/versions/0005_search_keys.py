"""What accounts are searched by: names without case and accents, and the domain of the address."""

import unicodedata
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEYS = {"first_name_key": 100, "last_name_key": 100, "email_domain": 255}
BATCH = 500


def upgrade() -> None:
    users = sa.table("users", *(sa.column(name) for name in ("id", "email", "first_name", "last_name", *KEYS)))
    columns = {
        n: sa.String(size).with_variant(sa.String(size, collation="C"), "postgresql") for n, size in KEYS.items()
    }
    with op.batch_alter_table("users") as batch:
        for name, kind in columns.items():
            batch.add_column(sa.Column(name, kind, nullable=True))
    with _by_itself():
        _fill(op.get_bind(), users)
        for name in KEYS:
            op.create_index(f"ix_users_{name}", "users", [name], postgresql_concurrently=True)


def downgrade() -> None:
    with _by_itself():
        for name in KEYS:
            op.drop_index(f"ix_users_{name}", "users", postgresql_concurrently=True)
    with op.batch_alter_table("users") as batch:
        for name in KEYS:
            batch.drop_column(name)


def _by_itself() -> AbstractContextManager[None]:
    """Each statement for itself, so that a table of millions is not held meanwhile; SQLite takes all in one."""
    return nullcontext() if op.get_bind().dialect.name == "sqlite" else op.get_context().autocommit_block()


def _fill(connection: sa.Connection, users: sa.TableClause) -> None:
    """Give each account its keys, some hundreds at a time; one whose names change meanwhile gets them by that."""
    last = None
    while rows := _next(connection, users, last):
        keys = {row.id: _keys(row) for row in rows}
        values = {name: sa.case({i: found[name] for i, found in keys.items()}, value=users.c.id) for name in KEYS}
        mine = users.c.id.in_(list(keys))
        connection.execute(sa.update(users).where(mine, users.c.first_name_key.is_(None)).values(values))
        last = rows[-1].id


def _next(connection: sa.Connection, users: sa.TableClause, last: object) -> Sequence[Any]:
    wanted = sa.select(users.c.id, users.c.email, users.c.first_name, users.c.last_name).order_by(users.c.id)
    beyond = wanted if last is None else wanted.where(users.c.id > last)
    return connection.execute(beyond.limit(BATCH)).all()


def _keys(row: Any) -> dict[str, str]:
    domain = (row.email or "").rpartition("@")[2]
    return {"first_name_key": _key(row.first_name), "last_name_key": _key(row.last_name), "email_domain": domain}


def _key(name: str) -> str:
    letters = (letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return " ".join("".join(letters).casefold().split())[:100]
