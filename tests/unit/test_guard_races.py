"""Guessing passwords in parallel gains nothing, and the owner's own haste costs nothing."""

import asyncio

import pytest

from doorward.domain.errors import TooManyRequests
from doorward.domain.user import Status


@pytest.mark.parametrize("profile", ["signup-signin", "delay"])
async def test_right_passwords_in_parallel_never_lock(engine, profile):
    """Twenty browsers of the owner at once are no attack."""
    door = engine(profile)
    await door.created()

    await asyncio.gather(*(door.sign_in() for _ in range(20)), return_exceptions=True)

    assert (await door.user()).status is Status.ACTIVE


async def test_right_passwords_in_parallel_are_let_in_or_asked_to_wait_a_second(engine):
    """While all tries are being judged, one more is asked to come back, and never called wrong."""
    door = engine()
    await door.created()

    outcomes = await asyncio.gather(*(door.sign_in() for _ in range(20)), return_exceptions=True)

    assert {o.retry_after for o in outcomes if isinstance(o, Exception)} == {1}


async def test_the_owner_gets_in_right_after_parallel_sign_ins(engine):
    """Parallel sign-ins leave no reservation behind."""
    door = engine()
    ada = await door.created()
    await asyncio.gather(*(door.sign_in() for _ in range(20)), return_exceptions=True)

    signed_in = await door.sign_in()

    assert signed_in.user.id == ada.id


async def test_of_a_hundred_parallel_guesses_four_are_compared(engine):
    """A try is reserved before the password is compared, so parallel requests gain no extra guess."""
    door = engine()
    await door.created()
    before = door.hasher.computed

    await asyncio.gather(*(door.fail(1) for _ in range(100)))

    assert door.hasher.computed - before <= 4


async def test_a_hundred_parallel_guesses_lock_the_account_once(engine):
    """The lock is written and audited one time."""
    door = engine()
    await door.created()

    await asyncio.gather(*(door.fail(1) for _ in range(100)))

    assert (await door.audit()).count("ACCOUNT_LOCKED") == 1


async def test_of_a_hundred_parallel_guesses_at_a_stranger_five_are_compared(engine):
    """Where one has to wait, unknown identifiers gain no extra guess either."""
    door = engine("delay")
    before = door.hasher.computed

    await asyncio.gather(*(door.fail(1, "nobody@example.com") for _ in range(100)))

    assert door.hasher.computed - before <= 5


async def test_an_unlock_leaves_the_tries_of_others_reserved(engine):
    """Unlocking while guesses are being judged does not make room for one more."""
    door = engine()
    ada = await door.created()
    guard = door.auth.sign_in.passwords.guard
    for _ in range(4):
        await guard.reserve("ada@example.com", ada, door.client)

    await guard.forget(ada, door.client)

    assert type(await door.refusal(guard.reserve("ada@example.com", ada, door.client))) is TooManyRequests
