"""Challenges: open once and for a while."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.ids import new_id

NOW = datetime(2031, 5, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def waiting():
    return Challenge(
        id=new_id(NOW), purpose=Purpose.VERIFY_EMAIL, subject_id=new_id(NOW), created_at=NOW, expires_at=NOW + 2 * DAY
    )


def test_the_clocks_start_at_the_hand_over(waiting):
    """Time in the queue is not taken from the code."""
    started = waiting.handed_over(NOW + DAY, code_ttl=MINUTE, link_ttl=DAY)

    assert (started.code_expires_at, started.link_expires_at) == (NOW + DAY + MINUTE, NOW + 2 * DAY)


@pytest.mark.parametrize(
    ("code_ttl", "link_ttl", "longest"),
    [(MINUTE, DAY, DAY), (DAY, MINUTE, DAY), (MINUTE, None, MINUTE), (None, DAY, DAY)],
)
def test_a_challenge_lives_as_long_as_its_longest_proof(waiting, code_ttl, link_ttl, longest):
    """It may be forgotten when neither code nor link is good any more."""
    started = waiting.handed_over(NOW, code_ttl=code_ttl, link_ttl=link_ttl)

    assert started.expires_at == NOW + longest


def test_before_the_hand_over_nothing_is_right(waiting):
    """While its mail waits nobody can know the code, so none is taken: not even a lucky one."""
    started = waiting.handed_over(NOW, code_ttl=MINUTE, link_ttl=None)

    assert (waiting.takes_code(NOW), waiting.takes_link(NOW), waiting.is_waiting(NOW)) == (False, False, True)
    assert (started.takes_code(NOW), started.is_waiting(NOW)) == (True, False)


def test_code_and_link_have_clocks_of_their_own(waiting):
    """The link may be good when the code is not any more."""
    started = waiting.handed_over(NOW, code_ttl=MINUTE, link_ttl=DAY)

    assert (started.takes_code(NOW + MINUTE), started.takes_link(NOW + MINUTE)) == (False, True)


def test_an_answered_challenge_takes_nothing(waiting):
    """What was answered is spent for code and link."""
    spent = replace(waiting, consumed_at=NOW)

    assert (spent.takes_code(NOW), spent.takes_link(NOW)) == (False, False)
