"""Telling whose request this is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.domain.errors import TokenInvalid
from doorward.domain.policies.session import SessionPolicy
from doorward.domain.user import Status


@pytest.fixture
async def door(engine):
    """An engine where Ada has signed in."""
    built = engine(session=SessionPolicy(idle_ttl=timedelta(minutes=5)))
    built.ada = await built.created()
    built.first = await built.sign_in()
    return built


def authenticate(door):
    return door.auth.authenticate(door.first.access.token)


async def test_a_live_token_names_user_and_session(door):
    """The request belongs to the one who signed in."""
    current = await authenticate(door)

    assert (current.user.id, current.session_id) == (door.ada.id, door.first.session.id)


async def test_signing_out_counts_at_once(door):
    """A token whose session has ended is dead, whatever time it had left."""
    current = await authenticate(door)
    await door.auth.sign_out(current, current.session_id, door.client)

    refusal = await door.refusal(authenticate(door))

    assert type(refusal) is TokenInvalid


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "x" * 5000, "\u00e9"])
async def test_another_text_is_no_token(door, token):
    """What was not signed here is refused."""
    refusal = await door.refusal(door.auth.authenticate(token))

    assert type(refusal) is TokenInvalid


@pytest.mark.parametrize("minutes", [5, 15])
async def test_an_idle_or_old_token_is_refused(door, minutes):
    """A session that was not refreshed, and a token past its time, are over."""
    door.clock.advance(minutes=minutes)

    refusal = await door.refusal(authenticate(door))

    assert type(refusal) is TokenInvalid


async def test_a_token_of_another_worker_whose_clock_is_ahead_is_taken(door):
    """A minute between two clocks is no reason to refuse."""
    door.clock.advance(seconds=-59)

    current = await authenticate(door)

    assert current.user.id == door.ada.id


async def test_a_token_from_the_future_is_refused(door):
    """More than a minute ahead is no clock any more."""
    door.clock.advance(seconds=-61)

    refusal = await door.refusal(authenticate(door))

    assert type(refusal) is TokenInvalid


async def test_a_disabled_account_is_refused(door):
    """An operator's decision counts for live tokens."""
    door.store.users.rows[door.ada.id] = replace(door.ada, status=Status.DISABLED)

    refusal = await door.refusal(authenticate(door))

    assert type(refusal) is TokenInvalid


async def test_a_locked_account_goes_on(door):
    """Strangers who fail at the door do not end the owner's session."""
    door.store.users.rows[door.ada.id] = door.ada.locked(None)

    current = await authenticate(door)

    assert current.user.status is Status.LOCKED


async def test_a_session_without_its_account_is_over(door):
    """A token outlives its account by nothing."""
    door.store.users.rows.clear()

    refusal = await door.refusal(authenticate(door))

    assert type(refusal) is TokenInvalid


async def test_a_forgotten_session_is_over(door):
    """A token of a session that was purged is refused."""
    door.store.sessions.rows.clear()

    refusal = await door.refusal(authenticate(door))

    assert type(refusal) is TokenInvalid


async def test_a_token_fits_the_user_of_its_session_only(door):
    """Should a session ever belong to somebody else, the token does not follow."""
    grace = await door.created("grace@example.com")
    session = door.first.session
    door.store.sessions.rows[session.id] = replace(session, user_id=grace.id)

    refusal = await door.refusal(authenticate(door))

    assert type(refusal) is TokenInvalid
