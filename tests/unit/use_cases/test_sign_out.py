"""Signing out: here, on one device, or everywhere else."""

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import Forbidden, NotFound, TokenInvalid


@pytest.fixture
async def door(engine):
    """An engine where Ada has signed in on two devices."""
    built = engine()
    await built.created()
    built.laptop = await built.sign_in()
    built.clock.advance(seconds=1)
    built.phone = await built.sign_in()
    built.current = await built.auth.authenticate(built.phone.access.token)
    return built


def end(door, session_id):
    return door.auth.sign_out(door.current, session_id, door.client)


async def test_signing_out_ends_the_refresh_token_too(door):
    """Neither token of an ended session is good for anything."""
    await end(door, door.current.session_id)

    refusal = await door.refusal(door.auth.refresh_session(door.phone.refresh_token, door.client))

    assert type(refusal) is TokenInvalid


async def test_another_device_can_be_signed_out(door):
    """Ending one session leaves the one that asks."""
    await end(door, door.laptop.session.id)

    assert [s.id for s in await door.auth.list_sessions(door.current)] == [door.current.session_id]


async def test_all_others_can_be_signed_out(door):
    """Ending all others leaves the one that asks."""
    await door.auth.sign_out.others(door.current, door.client)

    assert [s.id for s in await door.auth.list_sessions(door.current)] == [door.current.session_id]


async def test_a_session_ends_once(door):
    """Ending it again finds nothing."""
    await end(door, door.laptop.session.id)

    refusal = await door.refusal(end(door, door.laptop.session.id))

    assert type(refusal) is NotFound


async def test_the_session_of_somebody_else_is_not_found(door):
    """Whether such a session exists is not told."""
    await door.created("grace@example.com")
    foreign = await door.sign_in("grace@example.com")

    refusal = await door.refusal(end(door, foreign.session.id))

    assert type(refusal) is NotFound


async def test_an_unknown_session_is_not_found(door):
    """There is nothing to end."""
    refusal = await door.refusal(end(door, door.current.user.id))

    assert type(refusal) is NotFound


@pytest.mark.parametrize(("device", "noted"), [("phone", "LOGOUT"), ("laptop", "SESSION_REVOKED")])
async def test_the_audit_log_tells_signing_out_from_signing_others_out(door, device, noted):
    """Ending the present session is a sign-out, ending another one revokes it."""
    await end(door, getattr(door, device).session.id)

    assert (await door.audit())[0] == noted


async def test_sessions_are_listed_newest_first(door):
    """The list shows the devices on which one is signed in."""
    sessions = await door.auth.list_sessions(door.current)

    assert [s.id for s in sessions] == [door.phone.session.id, door.laptop.session.id]


async def test_sessions_past_their_time_are_not_listed(door):
    """What has expired is no device any more, whether or not it was purged."""
    door.clock.advance(days=30)

    assert await door.auth.list_sessions(door.current) == []


async def test_an_administrator_ends_a_session_of_somebody(door):
    """That one only, and the log says who and why."""
    root = await door.admin()
    await door.auth.sign_out.of(door.current.user.id, door.laptop.session.id, root, "lost")

    assert [s.id for s in await door.auth.list_sessions.of(door.current.user.id, root)] == [door.current.session_id]
    details = list(door.store.audit.rows.values())[-1].details
    assert details == {"session": str(door.laptop.session.id), "by": str(root.user.id), "reason": "lost"}


async def test_a_session_of_another_is_not_found_by_the_wrong_account(door):
    """An administrator names both."""
    root = await door.admin()

    refusal = await door.refusal(door.auth.sign_out.of(root.user.id, door.laptop.session.id, root))

    assert type(refusal) is NotFound


async def test_nobody_else_looks_at_or_ends_sessions_of_others(door):
    """Not even one's own in this way."""
    ada = Actor(door.current.user)
    calls = (
        door.auth.sign_out.of(ada.user.id, door.laptop.session.id, ada),
        door.auth.list_sessions.of(ada.user.id, ada),
    )

    assert [type(await door.refusal(call)) for call in calls] == [Forbidden] * 2
