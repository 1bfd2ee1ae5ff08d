"""Ids: UUID version 7."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.ids import new_id, parse_id

START = datetime(1971, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(), timedelta(days=365 * 7000)).map(lambda age: START + age)


@given(now=MOMENTS)
def test_an_id_is_a_uuid_of_version_seven(now):
    """Version and variant are those of RFC 9562."""
    made = new_id(now)

    assert (made.version, made.variant) == (7, "specified in RFC 4122")


@given(now=MOMENTS)
def test_ids_sort_by_their_time(now):
    """An id made a millisecond later sorts behind."""
    first, second = new_id(now), new_id(now + timedelta(milliseconds=1))

    assert first < second


def test_two_ids_of_one_moment_differ():
    """The moment is not all there is in an id."""
    now = datetime(2031, 5, 4, tzinfo=UTC)

    assert new_id(now) != new_id(now)


def test_an_id_is_read_as_it_is_written():
    """The usual spelling of an id is understood."""
    made = new_id(datetime(2031, 5, 4, tzinfo=UTC))

    assert parse_id(str(made)) == made


def test_another_text_is_no_id():
    """What is no id is answered with None, so that it may be something else."""
    answer = parse_id("ada@example.com")

    assert answer is None


def test_ids_are_plain_uuids():
    """Drivers and JSON know what to do with them."""
    made = new_id(datetime(2031, 5, 4, tzinfo=UTC))

    assert type(made) is UUID
