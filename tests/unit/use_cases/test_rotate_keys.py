"""Rotating and revoking signing keys."""

from datetime import timedelta

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import Forbidden, NotFound, TokenInvalid
from doorward.use_cases.rotate_keys import MARGIN, SHORTEST_LEAD

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def door(engine):
    """Somebody is signed in."""
    built = engine("delay")
    await built.created()
    built.first = await built.sign_in()
    return built


@pytest.fixture
def accepts(door):
    """Whether an access token is good."""

    async def ask(signed_in):
        try:
            await door.auth.authenticate(signed_in.access.token)
        except TokenInvalid:
            return False
        return True

    return ask


def states(known, now):
    return [known.state(key, now).value for key in known.keys]


async def test_a_rotation_signs_nobody_out(door, accepts):
    """Earlier tokens are good for all of their lives, and newer ones are signed by the new key."""
    await door.auth.rotate_keys(door.operator, lead=MINUTE)
    door.clock.advance(minutes=2)
    second = await door.sign_in()
    both = [await accepts(door.first), await accepts(second)]
    known = await door.auth.rotate_keys.listed(door.operator)
    door.clock.advance(minutes=12, seconds=59)
    to_the_end = await accepts(door.first)

    assert (both, to_the_end) == ([True, True], True)
    assert states(known, door.clock()) == ["verifying", "signing"]


async def test_a_new_key_is_published_before_it_signs(door):
    """Those who check tokens themselves have time to learn it."""
    before = await door.auth.parts.issuer.jwks(door.clock())
    await door.auth.rotate_keys(door.operator, lead=MINUTE)
    door.clock.advance(seconds=1)
    after = await door.auth.parts.issuer.jwks(door.clock())
    known = await door.auth.rotate_keys.listed(door.operator)

    assert [len(keys["keys"]) for keys in (before, after)] == [1, 2]
    assert states(known, door.clock()) == ["signing", "next"]


async def test_a_key_retires_when_its_last_token_has_expired(door):
    """It is not published any longer then, and the list says so."""
    await door.auth.rotate_keys(door.operator, lead=MINUTE)
    door.clock.advance(seconds=(MINUTE + door.auth.policies.session.access_ttl + MARGIN).total_seconds())
    known = await door.auth.rotate_keys.listed(door.operator)
    published = await door.auth.parts.issuer.jwks(door.clock())

    assert states(known, door.clock()) == ["retired", "signing"]
    assert len(published["keys"]) == 1


async def test_the_lead_is_long_enough_for_every_worker(door):
    """Even who is in a hurry waits until each of them has read the list."""
    added = await door.auth.rotate_keys(door.operator, lead=timedelta(0))

    assert added.signs_from == door.clock() + SHORTEST_LEAD


async def test_rotations_follow_each_other(door, accepts):
    """Each one ends the one before it and leaves the older ones as they are."""
    for _ in range(4):
        await door.auth.rotate_keys(door.operator, lead=timedelta(0))
        door.clock.advance(seconds=10)
    known = await door.auth.rotate_keys.listed(door.operator)

    assert states(known, door.clock()) == ["verifying"] * 4 + ["signing"]
    assert await accepts(door.first)
    assert await accepts(await door.sign_in())


async def test_tokens_of_a_revoked_key_are_refused_and_sessions_live_on(door, accepts):
    """The refresh token gives an access token of another key at once."""
    await door.auth.rotate_keys.revoke(1, door.operator)
    door.clock.advance(seconds=1)
    refused = not await accepts(door.first)
    refreshed = await door.auth.refresh_session(door.first.refresh_token, door.client)

    assert refused
    assert await accepts(refreshed)


async def test_revoking_an_older_key_leaves_the_others(door, accepts):
    """No new one is made for it."""
    await door.auth.rotate_keys(door.operator, lead=timedelta(0))
    door.clock.advance(seconds=5)
    second = await door.sign_in()
    known = await door.auth.rotate_keys.revoke(1, door.operator)
    door.clock.advance(seconds=1)

    assert states(known, door.clock()) == ["revoked", "signing"]
    assert [await accepts(door.first), await accepts(second)] == [False, True]


async def test_when_the_signing_key_is_revoked_the_waiting_one_signs_at_once(door, accepts):
    """Its time is now."""
    await door.auth.rotate_keys(door.operator, lead=60 * MINUTE)
    known = await door.auth.rotate_keys.revoke(1, door.operator)
    door.clock.advance(seconds=1)

    assert states(known, door.clock()) == ["revoked", "signing"]
    assert await accepts(await door.sign_in())


async def test_when_the_waiting_key_is_revoked_another_one_signs(door, accepts):
    """The one before it has an end already, so a new one is made; nobody is signed out."""
    await door.auth.rotate_keys(door.operator, lead=60 * MINUTE)
    known = await door.auth.rotate_keys.revoke(2, door.operator)
    door.clock.advance(seconds=1)

    assert states(known, door.clock()) == ["verifying", "revoked", "signing"]
    assert await accepts(door.first)


async def test_revoking_twice_is_revoking_once(door):
    """The second time nothing happens, and nothing is written."""
    first = await door.auth.rotate_keys.revoke(1, door.operator)
    again = await door.auth.rotate_keys.revoke(1, door.operator)

    assert again == first
    assert (await door.audit()).count("SIGNING_KEY_REVOKED") == 1


async def test_a_key_that_is_not_there_cannot_be_revoked(door):
    """A slip is told."""
    assert isinstance(await door.refusal(door.auth.rotate_keys.revoke(7, door.operator)), NotFound)


async def test_both_stand_in_the_audit_log_with_their_reason(door):
    """Who, why and which."""
    await door.auth.rotate_keys(door.operator, reason="every quarter")
    await door.auth.rotate_keys.revoke(1, door.operator, reason="seen in a log")

    assert (await door.audit())[:2] == ["SIGNING_KEY_REVOKED", "SIGNING_KEY_ADDED"]


async def test_only_administrators_and_the_operator_may(door):
    """Anybody else is refused, reading included."""
    somebody = Actor(door.first.user)
    calls = (
        door.auth.rotate_keys(somebody),
        door.auth.rotate_keys.revoke(1, somebody),
        door.auth.rotate_keys.listed(somebody),
    )

    assert [type(await door.refusal(call)) for call in calls] == [Forbidden] * 3
