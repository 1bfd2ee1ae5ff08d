"""The engine as a whole: everything is there, and a call that came at a bad moment is made again."""

from dataclasses import fields

import pytest

from doorward.auth import Auth
from doorward.domain.errors import Unavailable
from doorward.ports.retries import MOST_TRIES, retried, retrying
from doorward.ports.writes import Stale


@pytest.fixture
def flaky():
    """A builder of calls that find their ground changed some times and then succeed."""

    def build(times):
        left = [Stale()] * times

        async def call(text, *, ending):
            if left:
                raise left.pop()
            return text + ending

        return call

    return build


async def test_a_call_whose_ground_changed_is_made_again(flaky):
    """The caller never learns of it."""
    answer = await retried(flaky(MOST_TRIES - 1), "wel", ending="come")

    assert answer == "welcome"


async def test_a_call_whose_ground_changes_all_the_time_is_given_up(flaky):
    """The answer is to come back in a second."""
    with pytest.raises(Unavailable) as refused:
        await retried(flaky(MOST_TRIES), "wel", ending="come")

    assert refused.value.retry_after == 1


async def test_everything_the_product_does_is_assembled(engine):
    """No member of the engine is left out."""
    auth = engine().auth

    assert all(getattr(auth, member.name) is not None for member in fields(Auth))


async def test_all_use_cases_tell_the_same_time(engine):
    """One clock runs through the whole engine."""
    auth = engine().auth
    clocks = {id(part.now) for f in fields(Auth) if hasattr(part := getattr(auth, f.name), "now")}

    assert len(clocks) == 1


async def test_a_use_case_can_be_handed_on_with_its_tries(flaky):
    """To whoever calls it many times."""
    assert await retrying(flaky(MOST_TRIES - 1))("wel", ending="come") == "welcome"
