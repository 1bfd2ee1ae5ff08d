"""Changing one's own password."""

import asyncio

import pytest

from doorward.domain.actor import PasswordOwner
from doorward.domain.errors import AccountLocked, InvalidInput, LinkExpired, TokenInvalid, WrongPassword
from doorward.domain.password import Password
from doorward.domain.user import Status, User
from doorward.use_cases.change_password import PasswordChange
from doorward.use_cases.reset_password import PasswordReset

OLD, NEW = Password("correct horse battery staple"), Password("another fine password")


@pytest.fixture
async def door(engine):
    """An engine where Ada has signed in on two devices, the second of which is the current one."""
    built = engine()
    await built.created()
    built.other = await built.sign_in()
    built.own = await built.sign_in()
    built.current = await built.auth.authenticate(built.own.access.token)
    return built


def change(door, *, old=OLD, new=NEW, **where):
    command = PasswordChange(
        owner=PasswordOwner(door.current.user, door.current.session_id), old=old, new=new, client=door.client, **where
    )
    return door.auth.change_password(command)


async def test_the_new_password_signs_in(door):
    """After the change it is the new one that counts."""
    await change(door)

    signed_in = await door.sign_in(password=NEW.text)

    assert signed_in.user.id == door.current.user.id


async def test_the_old_password_does_not_sign_in(door):
    """After the change the old one is wrong."""
    await change(door)

    refusal = await door.refusal(door.sign_in())

    assert refusal.code == "invalid_credentials"


async def test_other_sessions_end(door):
    """Whoever else is signed in is signed out."""
    await change(door)

    refusal = await door.refusal(door.auth.authenticate(door.other.access.token))

    assert type(refusal) is TokenInvalid


async def test_the_own_session_goes_on(door):
    """The one who changes it stays signed in."""
    await change(door)

    current = await door.auth.authenticate(door.own.access.token)

    assert current.session_id == door.current.session_id


async def test_open_reset_links_end(door):
    """A link that was mailed before the change is dead."""
    await door.auth.forgot_password("ada@example.com", door.client)
    token = door.token((await door.deliver()).link)
    await change(door)

    refusal = await door.refusal(door.auth.reset_password(PasswordReset(token=token, new=NEW)))

    assert type(refusal) is LinkExpired


async def test_a_wrong_present_password_is_refused(door):
    """A session alone does not change the password."""
    refusal = await door.refusal(change(door, old=NEW))

    assert type(refusal) is WrongPassword


async def test_a_wrong_present_password_counts(door):
    """A stolen session is no place to guess: the fourth failure locks."""
    for _ in range(4):
        await door.refusal(change(door, old=NEW))

    assert (await door.user()).status is Status.LOCKED


async def test_a_locked_account_changes_nothing(door):
    """After the lock the right password does not help either."""
    for _ in range(4):
        await door.refusal(change(door, old=NEW))
    door.current = await door.auth.authenticate(door.own.access.token)

    refusal = await door.refusal(change(door))

    assert type(refusal) is AccountLocked


async def test_a_wrong_present_password_is_no_login_attempt(door):
    """The log calls it what it was."""
    await door.refusal(change(door, old=NEW))

    assert (await door.audit())[0] == "PASSWORD_CHANGE_FAILED"


async def test_a_new_password_that_breaks_rules_is_refused_under_its_own_name(door):
    """The violation points at the member that the caller sent."""
    refusal = await door.refusal(change(door, new=Password("short"), new_pointer="/new"))

    assert (type(refusal), refusal.violations[0].pointer) == (InvalidInput, "/new")


async def test_a_new_password_that_breaks_rules_is_audited(door):
    """A change that failed stands in the log like one that succeeded, with what it failed for."""
    await door.refusal(change(door, new=Password("short")))

    row = list(door.store.audit.rows.values())[-1]

    assert (row.event_type, row.details) == ("PASSWORD_CHANGE_FAILED", {"reason": "not_accepted"})


async def test_a_change_is_audited(door):
    """The log shows when the password was changed."""
    await change(door)

    assert (await door.audit())[0] == "PASSWORD_CHANGED"


async def test_a_right_password_forgets_the_failures_before_it(door):
    """The account's own count of failures is reset as at sign-in."""
    await door.refusal(door.sign_in(password="wrong password"))

    await change(door)

    assert (await door.user()).failed_attempts == 0


async def test_of_two_changes_at_once_one_is_told_that_the_password_is_another_by_now(door):
    """It is not tried again, and it is no failed try."""
    changes = (change(door, new=Password(f"another fine password {n}")) for n in range(2))
    outcomes = await asyncio.gather(*changes, return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {User, WrongPassword}
    assert (await door.user()).failed_attempts == 0
    assert (await door.audit())[0] == "PASSWORD_CHANGE_FAILED"
