"""Where a page of a list ends and the next begins, as an opaque text."""

import base64
import binascii
import json

from doorward.domain.errors import InvalidInput, Violation


def write_cursor(*position: str | int) -> str:
    """Make the cursor for a position."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def read_cursor(cursor: str, *, shape: tuple[type, ...]) -> tuple[str | int, ...]:
    """Read a position of the given types.

    Raises:
        InvalidInput: it is no cursor of this list.
    """
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        position = None
    if not isinstance(position, list) or tuple(type(part) for part in position) != shape:
        raise InvalidInput(Violation("/cursor", "invalid_cursor"))
    if not all(_can_be_stored(part) for part in position):
        raise InvalidInput(Violation("/cursor", "invalid_cursor"))
    return tuple(position)


def _can_be_stored(part: str | int) -> bool:
    """Databases know neither NUL nor half a surrogate pair, and no number beyond 64 bits."""
    return part.isprintable() if isinstance(part, str) else abs(part) < 1 << 62
