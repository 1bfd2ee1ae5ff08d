"""Closing accounts."""

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import (
    EmailNotVerified,
    Forbidden,
    InvalidCredentials,
    NotFound,
    TokenInvalid,
    WrongPassword,
)
from doorward.domain.password import Password

RIGHT = Password("correct horse battery staple")


@pytest.fixture
async def door(engine):
    """An engine where Ada has signed in."""
    built = engine("delay")
    built.ada = await built.created()
    built.first = await built.sign_in()
    built.current = await built.auth.authenticate(built.first.access.token)
    return built


def close(door, password=RIGHT):
    return door.auth.close_account(door.current, password, door.client)


async def test_a_closed_account_cannot_sign_in(door):
    """Its address is answered like any that nobody has."""
    await close(door)

    refusal = await door.refusal(door.sign_in())

    assert type(refusal) is InvalidCredentials


async def test_a_closed_account_frees_its_address(door):
    """Somebody else may sign up with it."""
    await close(door)

    user = await door.auth.register(door.form())

    assert user.id != door.ada.id


async def test_a_closed_account_has_no_sessions(door):
    """Whoever was signed in is signed out."""
    await close(door)

    refusal = await door.refusal(door.auth.authenticate(door.first.access.token))

    assert type(refusal) is TokenInvalid


async def test_the_audit_rows_of_a_closed_account_stay(door):
    """What happened can still be looked up."""
    await close(door)

    assert await door.audit(user_id=door.ada.id) == ["USER_DELETED", "LOGIN_SUCCESS", "SIGNUP"]


async def test_closing_needs_the_password(door):
    """A stolen session alone cannot close the account."""
    refusal = await door.refusal(close(door, Password("wrong password")))

    assert type(refusal) is WrongPassword


async def test_closing_needs_a_proven_address_where_addresses_are_proven(engine):
    """An unproven account may belong to somebody else's address: it is not closed by whoever made it."""
    door = engine("link-activation")
    await door.created(verified=False)
    door.current = await door.current()

    refusal = await door.refusal(close(door))

    assert type(refusal) is EmailNotVerified


async def test_mails_to_a_closed_account_are_dropped(door):
    """A link that still waited is not sent any more."""
    await door.auth.forgot_password("ada@example.com", door.client)
    await close(door)

    letter = await door.deliver()

    assert letter is None


async def test_an_administrator_closes_an_account_with_a_reason(door):
    """The log tells who did it and why."""
    root = await door.admin()
    await door.auth.close_account.of(door.ada.id, root, "asked by letter")

    row = list(door.store.audit.rows.values())[-1]

    assert row.details == {"by": str(root.user.id), "reason": "asked by letter"}


async def test_nobody_else_closes_an_account(door):
    """Only administrators close accounts of others."""
    grace = await door.created("grace@example.com")

    refusal = await door.refusal(door.auth.close_account.of(door.ada.id, Actor(grace), None))

    assert type(refusal) is Forbidden


async def test_an_unknown_account_is_not_found(door):
    """There is nothing to close."""
    await close(door)

    refusal = await door.refusal(door.auth.close_account.of(door.ada.id, door.operator, None))

    assert type(refusal) is NotFound
