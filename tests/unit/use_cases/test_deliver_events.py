"""Publishing what happened, in order."""

from datetime import timedelta

import pytest

from doorward.domain.errors import Unavailable
from doorward.ports.outbox import Lane


@pytest.fixture
async def door(engine):
    """An engine with three events that wait."""
    built = engine()
    await built.created()
    await built.sign_in()
    await built.fail(1)
    return built


def published(door):
    return [event["type"] for event in door.listener.events]


async def test_events_are_published_in_order(door):
    """Listeners hear of things in the order in which they happened."""
    await door.auth.deliver_events("tests")

    assert published(door) == ["user.registered", "user.signed_in", "user.sign_in_failed"]


async def test_the_number_of_published_events_is_returned(door):
    """The relay knows whether there was something to do."""
    count = await door.auth.deliver_events("tests")

    assert count == 3


async def test_an_event_is_published_once(door):
    """What was taken is not sent again."""
    await door.auth.deliver_events("tests")

    await door.auth.deliver_events("tests")

    assert len(door.listener.events) == 3


async def test_a_failure_holds_back_all_behind_it(door):
    """No event overtakes one that could not be published."""
    door.listener.failures = 1

    await door.auth.deliver_events("tests")

    assert published(door) == []


async def test_after_a_pause_all_are_published_in_order(door):
    """A broker that was away for a moment misses nothing."""
    door.listener.failures = 1
    await door.auth.deliver_events("tests")
    door.clock.advance(seconds=2)

    await door.auth.deliver_events("tests")

    assert published(door) == ["user.registered", "user.signed_in", "user.sign_in_failed"]


async def test_a_failure_in_the_middle_keeps_what_was_published(door):
    """The count says how many went out before the failure."""

    async def second_fails(event):
        if event["type"] == "user.signed_in":
            door.listener.failures = 1
        await type(door.listener).publish(door.listener, event)

    door.listener.publish = second_fails

    count = await door.auth.deliver_events("tests")

    assert count == 1


async def test_two_relays_do_not_mix_the_order(door):
    """While one relay holds events another one gets none."""
    await door.outbox.claim(Lane.EVENTS, owner="first", now=door.clock(), lease=timedelta(seconds=30), limit=1)

    count = await door.auth.deliver_events("second")

    assert count == 0


async def test_a_publisher_that_is_away_is_given_nothing(door):
    """Nothing is claimed for it, so that no try is counted and all can go at once when it is back."""
    door.listener.is_away = True
    refusal = await door.refusal(door.auth.deliver_events("tests"))
    door.listener.is_away = False

    assert (type(refusal), await door.auth.deliver_events("tests")) == (Unavailable, 3)


async def test_a_publisher_that_was_away_for_long_is_asked_again_soon(door):
    """The pause between tries stays short: events are not at fault for their broker."""
    for _ in range(12):
        door.listener.failures = 1
        await door.auth.deliver_events("tests")
        door.clock.advance(seconds=3)

    assert await door.auth.deliver_events("tests") == 3


async def test_a_slow_publisher_gives_back_what_it_has_no_time_for(door):
    """Before its lease ends it stops, so that nobody publishes beside it; the rest follows in order."""

    async def slowly(event):
        door.clock.advance(seconds=5)
        await type(door.listener).publish(door.listener, event)

    door.listener.publish = slowly
    first = await door.auth.deliver_events("slow")
    del door.listener.publish
    second = await door.auth.deliver_events("next")

    assert (first, second) == (2, 1)
    assert published(door) == ["user.registered", "user.signed_in", "user.sign_in_failed"]
