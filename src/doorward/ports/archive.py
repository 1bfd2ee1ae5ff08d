"""Everything that an installation remembers, row by row, the same on every backend."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

Value = str | int | bool | None | UUID | datetime | date | Mapping[str, object]
Row = Mapping[str, Value]

# Each table and the column by which its rows are told apart and put in order.
KEYS: Mapping[str, str] = {
    "signing_keys": "generation",
    "users": "id",
    "credentials": "id",
    "registrations": "id",
    "challenges": "id",
    "sessions": "id",
    "audit_logs": "sequence",
    "login_attempts": "sequence",
    "verification_log": "sequence",
    "outbox": "sequence",
    "counters": "key",
}


class Archive(Protocol):
    """Reading all rows of a storage, and putting rows back; moments are aware, in UTC and exact to the microsecond."""

    async def count(self, table: str) -> int:
        """How many rows there are."""

    async def read(self, table: str, after: Value, limit: int) -> Sequence[Row]:
        """The next rows after a key (None: from the first), in the order of their keys."""

    async def last_key(self, table: str) -> Value:
        """The greatest key, or None if there is no row."""

    async def write(self, table: str, rows: Sequence[Row]) -> None:
        """Put rows there as they are, in one step; a row with the same key is replaced."""

    async def finish(self) -> None:
        """Let what is added from now on come after what was put there."""
