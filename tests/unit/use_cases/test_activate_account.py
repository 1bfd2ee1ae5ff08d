"""Activating an account with code and password."""

import pytest

from doorward.domain.errors import AlreadyActive, CodeExpired, CodeIncorrect, InvalidCredentials
from doorward.domain.events import EventType


@pytest.fixture
async def door(engine):
    """An engine where Ada has signed up and got her code."""
    built = engine("code-activation")
    await built.auth.register(built.form())
    built.code = (await built.deliver()).code
    return built


async def test_after_activation_one_can_sign_in(door):
    """The proven address opens the door."""
    user = await door.activate(door.code)

    signed_in = await door.sign_in()

    assert signed_in.user.id == user.id


async def test_the_right_code_with_a_wrong_password_activates_nothing(door):
    """Both are needed; the answer is that of every wrong password."""
    refusal = await door.refusal(door.activate(door.code, password="wrong password"))

    assert type(refusal) is InvalidCredentials


async def test_the_right_password_with_a_wrong_code_activates_nothing(door):
    """Both are needed."""
    refusal = await door.refusal(door.activate(door.wrong(door.code)))

    assert type(refusal) is CodeIncorrect


async def test_wrong_passwords_count_as_at_sign_in(door):
    """Activation is no second place to guess passwords."""
    for _ in range(5):
        await door.refusal(door.activate(door.code, password="wrong password"))

    refusal = await door.refusal(door.sign_in())

    assert refusal.code == "too_many_requests"


async def test_who_is_active_has_nothing_to_activate(door):
    """A second activation is answered as such."""
    await door.activate(door.code)

    refusal = await door.refusal(door.activate(door.code))

    assert type(refusal) is AlreadyActive


async def test_without_a_challenge_no_code_is_right(engine):
    """An account to which no code was sent cannot be activated by guessing."""
    door = engine("code-activation")
    await door.auth.register(door.form())
    door.store.challenges.rows.clear()

    refusal = await door.refusal(door.activate("1234"))

    assert type(refusal) is CodeExpired


async def test_activation_is_published(door):
    """Others hear of it by its wire name."""
    await door.activate(door.code)

    await door.auth.deliver_events("tests")

    assert door.listener.events[-1]["type"] == EventType.EMAIL_VERIFIED.wire_name
