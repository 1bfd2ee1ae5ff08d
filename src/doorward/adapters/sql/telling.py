"""What other processes are told with a commit, where the engine carries messages (PostgreSQL's LISTEN and NOTIFY)."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select

CHANNEL = "doorward_outdated"
MOST = 200  # a message holds 8000 bytes
_TELL = select(func.pg_notify(CHANNEL, bindparam("ids")))


def tell(connection: Connection, outdated: Collection[UUID]) -> None:
    """Say with the commit of this transaction of which sessions, or users' sessions, something has changed."""
    if not outdated or connection.dialect.name != "postgresql":
        return
    ids = [str(one) for one in outdated]
    for first in range(0, len(ids), MOST):
        connection.execute(_TELL, {"ids": ",".join(ids[first : first + MOST])})


def told(message: str) -> list[UUID]:
    """What a message says."""
    return [UUID(one) for one in message.split(",")]
