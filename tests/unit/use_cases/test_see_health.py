"""What the records tell about the health of the service."""

from datetime import timedelta

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import Forbidden
from doorward.ports.delivery import DeliveryFailed


@pytest.fixture
def door(engine):
    return engine("code-activation")


async def test_where_nothing_waits_all_is_well(door):
    """An empty log tells nothing against the clock."""
    health = await door.auth.see_health(door.operator)

    assert health.depth == {"events": 0, "messages": 0, "dead": 0}
    assert (health.oldest_at, health.is_late, health.is_clock_right) == (None, False, True)


async def test_what_waits_too_long_is_late(door):
    """A code should not wait a minute; what was given up waits no more."""
    begun = door.clock()
    await door.auth.register(door.form())
    door.post.failures = [DeliveryFailed("no answer"), DeliveryFailed("no such address", is_final=True)]
    await door.auth.deliver_messages("tests")
    door.clock.advance(seconds=60)
    in_time = await door.auth.see_health(door.operator)
    door.clock.advance(seconds=1)
    late = await door.auth.see_health(door.operator)
    await door.auth.deliver_messages("tests")
    given_up = await door.auth.see_health(door.operator)

    assert (in_time.is_late, in_time.oldest_at, in_time.waits) == (False, begun, timedelta(seconds=60))
    assert late.is_late
    assert (given_up.depth["messages"], given_up.depth["dead"]) == (0, 1)


async def test_a_record_from_the_future_shows_a_wrong_clock(door):
    """Here, or where it was written."""
    await door.created()
    door.clock.advance(seconds=-5)

    health = await door.auth.see_health(door.operator)

    assert (health.ahead, health.is_clock_right) == (timedelta(seconds=5), False)


async def test_health_is_for_administrators(door):
    """Others learn nothing."""
    ada = Actor(await door.created())

    with pytest.raises(Forbidden):
        await door.auth.see_health(ada)
