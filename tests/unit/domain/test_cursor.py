"""Cursors: positions in a list as opaque texts."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.cursor import read_cursor, write_cursor
from doorward.domain.errors import InvalidInput

PRINTABLE = st.text("aZ09:+-éß日€😀")
NUMBERS = st.integers(-(1 << 62) + 1, (1 << 62) - 1)


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@given(position=st.lists(PRINTABLE | NUMBERS, min_size=1, max_size=3).map(tuple))
def test_a_position_is_read_as_it_was_written(position):
    """Writing and reading a cursor loses nothing."""
    cursor = write_cursor(*position)

    assert read_cursor(cursor, shape=tuple(type(part) for part in position)) == position


@given(text=st.text(max_size=80))
def test_any_text_is_read_or_refused(text):
    """What a client sends as a cursor never breaks anything."""
    try:
        position = read_cursor(text, shape=(int,))
    except InvalidInput:
        position = (0,)

    assert type(position[0]) is int


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "???",
        "é",
        encoded([1]),
        encoded({"a": 1}),
        encoded(["a"]),
        encoded(["a", "b"]),
        encoded([1, "a"]),
        encoded(["a", True]),
        encoded(["a", 1.5]),
        encoded(["a", 1 << 62]),
        encoded(["nul \0", 1]),
        encoded(["half a pair \ud83d", 1]),
        encoded([[]] * 2),
    ],
)
def test_a_cursor_of_another_list_is_refused(cursor):
    """Another shape, and values that no database takes, are refused."""
    with pytest.raises(InvalidInput, match="invalid_cursor"):
        read_cursor(cursor, shape=(str, int))


def test_a_cursor_needs_no_escaping_in_a_query():
    """All characters of a cursor may stand in a URL."""
    cursor = write_cursor("ü?&=/ÿ" * 20, 7)

    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
