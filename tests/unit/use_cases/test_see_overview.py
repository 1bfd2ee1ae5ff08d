"""How the service is doing, in figures."""

from datetime import timedelta

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import Forbidden
from doorward.domain.events import EventType, event
from doorward.ports.writes import Record, SaveUser
from doorward.use_cases.set_user_status import StatusAction


@pytest.fixture
async def door(engine):
    """An engine that has been used for some days."""
    built = engine("code-activation")
    built.root = await built.admin()
    built.clock.advance(days=10)
    built.old = await built.created("old@example.com")
    built.clock.advance(days=5, hours=3)
    await built.created("new@example.com", verified=False)
    await built.auth.set_user_status(built.old.id, StatusAction.DISABLE, built.root)
    return built


async def test_accounts_are_counted(door):
    """All, new ones by time, and those that need a look."""
    seen = await door.auth.see_overview(30, door.root)

    assert seen.users == {
        "all": 3,
        "today": 1,
        "week": 2,
        "week_before": 0,
        "locked": 0,
        "disabled": 1,
        "closing": 0,
        "unverified": 1,
    }


async def test_what_its_owner_closes_is_not_counted_as_disabled(door):
    """Nobody has disabled it: it waits to be removed."""
    gone = await door.created("gone@example.com")
    await door.store.commit(SaveUser(gone, gone.closing(door.clock() + timedelta(days=30))))

    seen = await door.auth.see_overview(30, door.root)

    assert (seen.users["disabled"], seen.users["closing"]) == (1, 1)


async def test_a_week_is_compared_with_the_one_before(door):
    """A week later the new ones are the former ones."""
    door.clock.advance(days=7, seconds=1)

    seen = await door.auth.see_overview(7, door.root)

    assert (seen.users["week"], seen.users["week_before"]) == (0, 2)


async def test_events_are_counted_by_day(door):
    """The last day is today, and days without any are nought."""
    seen = await door.auth.see_overview(7, door.root)

    assert len(seen.edges) == 8
    assert seen.edges[-1] - seen.edges[0] == timedelta(days=7)
    assert list(seen.daily(EventType.USER_REGISTERED)) == [0, 1, 0, 0, 0, 0, 1]
    assert list(seen.daily(EventType.LOCKED)) == [0] * 7


@pytest.mark.parametrize(
    ("waits", "delay"),
    [([], None), ([300], 300), ([100, 900, 200], 200), ([100, 300], 200), ([None, "x", 50], 50)],
)
async def test_the_median_of_what_letters_waited(door, waits, delay):
    """Of those that tell."""
    for waited in waits:
        details = {} if waited is None else {"waited_ms": waited}
        sent = event(EventType.VERIFICATION_SENT, door.clock(), user_id=door.old.id, details=details)
        await door.store.commit(Record(sent))

    seen = await door.auth.see_overview(7, door.root)

    assert seen.mail_delay == (None if delay is None else timedelta(milliseconds=delay))


async def test_nobody_else_sees_it(door):
    """An ordinary user is refused."""
    assert type(await door.refusal(door.auth.see_overview(7, Actor(door.old)))) is Forbidden
