"""Ids: UUID version 7."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.ids import made_at, new_id, parse_id

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


@given(now=MOMENTS)
def test_the_moment_can_be_read_from_an_id(now):
    """To the millisecond."""
    assert now - made_at(new_id(now)) in (now - now.replace(microsecond=now.microsecond // 1000 * 1000), timedelta())


def test_other_ids_tell_no_moment():
    """Neither those of another version, nor one beyond the calendar."""
    assert made_at(UUID("6fa459ea-ee8a-4ca4-894e-db77e160355e")) is None
    assert made_at(UUID("ffffffff-ffff-7fff-bfff-ffffffffffff")) is None
