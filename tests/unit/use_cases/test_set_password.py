"""Setting somebody's password from the command line."""

import pytest

from doorward.domain.errors import Forbidden, InvalidInput, LinkExpired, TokenInvalid
from doorward.domain.password import Password
from doorward.use_cases.reset_password import PasswordReset

NEW = Password("another fine password")


@pytest.fixture
async def door(engine):
    built = engine()
    built.ada = await built.created()
    return built


def set_it(door, new=NEW):
    return door.auth.set_password(door.ada.id, new, door.operator)


async def test_the_new_password_signs_in(door):
    """What the operator has set is the password."""
    await set_it(door)

    signed_in = await door.sign_in(password=NEW.text)

    assert signed_in.user.id == door.ada.id


async def test_all_sessions_end(door):
    """Whoever is signed in is signed out."""
    before = await door.sign_in()
    await set_it(door)

    refusal = await door.refusal(door.auth.authenticate(before.access.token))

    assert type(refusal) is TokenInvalid


async def test_open_reset_links_end(door):
    """A link that was mailed before is dead."""
    await door.auth.forgot_password("ada@example.com", door.client)
    token = door.token((await door.deliver()).link)
    await set_it(door)

    refusal = await door.refusal(door.auth.reset_password(PasswordReset(token=token, new=NEW)))

    assert type(refusal) is LinkExpired


async def test_over_http_no_administrator_can(door):
    """An administrator sends a reset mail, he never chooses the password of another."""
    root = await door.admin()

    refusal = await door.refusal(door.auth.set_password(door.ada.id, NEW, root))

    assert type(refusal) is Forbidden


async def test_the_rules_hold_for_the_operator_too(door):
    """Too short is too short."""
    refusal = await door.refusal(set_it(door, Password("short")))

    assert type(refusal) is InvalidInput
