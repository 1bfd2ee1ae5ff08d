"""Closing accounts."""

import asyncio

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
from doorward.ports.store import UserQuery

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
    assert (await door.audit())[0] == "PASSWORD_NOT_CONFIRMED"


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

    await door.deliver()

    assert [mail.subject for mail in door.post.letters] == ["account_deleted"]


@pytest.mark.parametrize("verified", [True, False])
async def test_the_owner_is_told_at_a_proven_address(door, verified):
    """To an address that nobody has proven nothing is sent: it may be a stranger's."""
    user = await door.created("eve@example.com", verified=verified)
    await door.auth.close_account.of(user.id, door.operator, None)

    await door.deliver()

    assert [mail.to for mail in door.post.letters] == ["eve@example.com"] * verified


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


async def test_of_two_closings_at_once_one_finds_nothing_left(door):
    """The second is told that its session is over, and nothing is tried again."""
    outcomes = await asyncio.gather(close(door), close(door), return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {type(None), TokenInvalid}


async def test_a_verified_user_removes_his_own_record(door):
    """Without the password again, where a dialect says so."""
    await door.auth.close_account.as_verified(door.ada.id, Actor(door.ada, door.client))

    assert (await door.auth.list_users(UserQuery(), door.operator)).items == []


async def test_an_unverified_user_removes_nothing(door):
    """Not even himself, and he is told so before anything else."""
    grace = await door.created("grace@example.com", verified=False)

    refusals = [
        await door.refusal(door.auth.close_account.as_verified(user.id, Actor(grace, door.client)))
        for user in (grace, door.ada)
    ]

    assert {type(refusal) for refusal in refusals} == {EmailNotVerified}


async def test_a_verified_user_cannot_remove_others(door):
    """Others are not even there for him; for an administrator they are."""
    grace = await door.created("grace@example.com")
    admin = await door.admin()

    refusal = await door.refusal(door.auth.close_account.as_verified(grace.id, Actor(door.ada, door.client)))
    await door.auth.close_account.as_verified(grace.id, admin)

    assert type(refusal) is NotFound
