"""Identifiers of records: UUID version 7 (RFC 9562 §5.7)."""

from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
MARKS = 0x7 << 76 | 0x2 << 62
"""Its version and its variant."""
UNMARKED = (1 << 80) - 1 & ~(0xF << 76 | 0x3 << 62)
"""Where, below the moment, it is random."""


def new_id(now: datetime) -> UUID:
    """Make a UUIDv7 for the moment `now`: sortable by time, 74 random bits."""
    milliseconds = (now - _EPOCH) // _MILLISECOND & (1 << 48) - 1
    return UUID(int=milliseconds << 80 | int.from_bytes(token_bytes(10), "big") & UNMARKED | MARKS)


def made_at(made: UUID) -> datetime | None:
    """The moment for which `new_id` made an id, to the millisecond; None for one that was made otherwise."""
    try:
        return _EPOCH + (made.int >> 80) * _MILLISECOND if made.version == 7 else None
    except OverflowError:
        return None


def parse_id(text: str) -> UUID | None:
    """Read an id as it stands in a path or on a command line, or return None."""
    try:
        return UUID(text)
    except ValueError:
        return None
