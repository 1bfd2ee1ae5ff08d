"""Sessions: how long they count and which repeats they accept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from doorward.domain.ids import new_id
from doorward.domain.session import Session

NOW = datetime(2031, 5, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
GRACE = timedelta(seconds=10)


@pytest.fixture
def session():
    return Session(id=new_id(NOW), user_id=new_id(NOW), created_at=NOW, last_used_at=NOW, expires_at=NOW + 3 * HOUR)


@pytest.mark.parametrize(
    ("age", "idle_ttl", "live"),
    [(2 * HOUR, None, True), (3 * HOUR, None, False), (HOUR, HOUR, False), (HOUR, 2 * HOUR, True)],
)
def test_a_session_lives_within_its_lifetime_and_while_it_is_used(session, age, idle_ttl, live):
    """It is over at its end, and after having been idle for too long."""
    answer = session.is_live(NOW + age, idle_ttl=idle_ttl)

    assert answer is live


def test_an_ended_session_is_over(session):
    """Signing out ends it whatever its lifetime."""
    ended = replace(session, ended_at=NOW)

    assert ended.is_live(NOW, idle_ttl=None) is False


def test_a_rotation_counts_as_use(session):
    """A session that is refreshed is not idle."""
    rotated = session.rotated(NOW + HOUR)

    assert rotated.is_live(NOW + 2 * HOUR, idle_ttl=2 * HOUR) is True


@pytest.mark.parametrize(
    ("generation", "after", "accepted"),
    [(0, GRACE, True), (0, GRACE * 2, False), (1, timedelta(), False), (-1, timedelta(), False)],
)
def test_only_the_token_before_the_current_one_may_be_repeated(session, generation, after, accepted):
    """A lost answer may be asked for again within the grace."""
    answer = session.rotated(NOW).accepts_repeat(generation, NOW + after, grace=GRACE)

    assert answer is accepted


def test_a_session_that_never_rotated_accepts_no_repeat(session):
    """There is no token before the first one."""
    answer = session.accepts_repeat(-1, NOW, grace=GRACE)

    assert answer is False
