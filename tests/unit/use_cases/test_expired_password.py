"""Passwords that have come of age."""

from dataclasses import replace

import pytest

from doorward.domain.actor import PasswordOwner
from doorward.domain.errors import InvalidInput, PasswordExpired, TokenInvalid, WrongPassword
from doorward.domain.password import Password
from doorward.use_cases.change_password import PasswordChange
from doorward.use_cases.set_user_status import StatusAction

OLD, NEW = Password("correct horse battery staple"), Password("another fine password")


@pytest.fixture
async def door(engine):
    """An engine where Ada's password is thirty days old."""
    built = engine("email-or-phone")
    await built.created()
    built.signed_in = await built.sign_in()
    built.clock.advance(days=30)
    return built


async def expired(door):
    refusal = await door.refusal(door.sign_in())
    assert isinstance(refusal, PasswordExpired)
    return refusal


async def change(door, token, *, old=OLD, new=NEW):
    owner = await door.auth.authenticate.password_owner(token)
    return await door.auth.change_password(PasswordChange(owner=owner, old=old, new=new, client=door.client))


async def test_the_right_password_earns_a_token_for_changing_it(door):
    """It is good for five minutes, and what happened is in the audit log."""
    refusal = await expired(door)

    assert (refusal.code, refusal.expires_in) == ("password_expired", 300)
    assert (await door.audit())[0] == "PASSWORD_EXPIRED"


async def test_a_second_before_the_end_the_password_signs_in(door):
    """Thirty days are thirty days."""
    door.clock.advance(seconds=-1)

    assert (await door.sign_in()).user.email == "ada@example.com"


async def test_a_wrong_password_does_not_tell_that_it_has_expired(door):
    """Only whoever knows the password learns its age."""
    refusal = await door.refusal(door.sign_in(password="wrong password"))

    assert refusal.code == "invalid_credentials"


async def test_after_the_change_one_signs_in_again(door):
    """The token opens no session; the new password does."""
    refusal = await expired(door)
    await change(door, refusal.change_token)

    assert (await door.sign_in(password=NEW.text)).user.email == "ada@example.com"


async def test_the_token_is_no_access_token(door):
    """It is good for changing the password and for nothing else."""
    refusal = await expired(door)

    assert type(await door.refusal(door.auth.authenticate(refusal.change_token))) is TokenInvalid


async def test_an_access_token_is_good_for_changing_too(door):
    """Whoever is signed in changes the password by his session."""
    door.clock.advance(days=-1)
    signed_in = await door.sign_in()

    owner = await door.auth.authenticate.password_owner(signed_in.access.token)

    assert owner == PasswordOwner(replace(signed_in.user), session_id=signed_in.session.id)


async def test_the_token_is_good_once(door):
    """After the change it is worth nothing, and neither is another one earned before."""
    first, second = await expired(door), await expired(door)
    await change(door, first.change_token)

    for refusal in (first, second):
        spent = await door.refusal(change(door, refusal.change_token, old=NEW, new=Password("a third password")))
        assert type(spent) is TokenInvalid


async def test_the_token_ends_after_five_minutes(door):
    """Late is late."""
    refusal = await expired(door)
    door.clock.advance(minutes=5)

    assert type(await door.refusal(change(door, refusal.change_token))) is TokenInvalid


async def test_the_token_does_not_replace_the_old_password(door):
    """Whoever finds the token still has to know the password."""
    refusal = await expired(door)

    assert type(await door.refusal(change(door, refusal.change_token, old=NEW))) is WrongPassword


async def test_the_new_password_may_not_be_the_expired_one(door):
    """A refused change leaves the token good."""
    refusal = await expired(door)

    assert isinstance(await door.refusal(change(door, refusal.change_token, new=OLD)), InvalidInput)
    assert (await change(door, refusal.change_token)).email == "ada@example.com"


async def test_of_two_changes_with_one_token_one_wins(door):
    """Both had read the open token; the second finds it spent."""
    refusal = await expired(door)
    owner = await door.auth.authenticate.password_owner(refusal.change_token)
    await change(door, refusal.change_token)
    late = PasswordChange(owner=owner, old=OLD, new=Password("a third password"), client=door.client)

    assert isinstance(await door.refusal(door.auth.change_password(late)), WrongPassword)


async def test_a_session_is_not_refreshed_past_the_end(engine):
    """An expired password ends its sessions at the next refresh."""
    door = engine("email-or-phone")
    await door.created()
    door.clock.advance(days=29, hours=23)
    signed_in = await door.sign_in()
    door.clock.advance(hours=2)

    refusal = await door.refusal(door.auth.refresh_session(signed_in.refresh_token, door.client))

    assert type(refusal) is TokenInvalid


@pytest.mark.parametrize("token", ["", "x" * 54, "nonsense"])
async def test_what_is_no_token_is_none(door, token):
    """Nothing is known about other texts."""
    assert type(await door.refusal(door.auth.authenticate.password_owner(token))) is TokenInvalid


async def test_a_disabled_account_changes_nothing(door):
    """An operator's word holds against a token that was earned before."""
    refusal = await expired(door)
    ada = await door.user()
    await door.auth.set_user_status(ada.id, StatusAction.DISABLE, door.operator)

    assert type(await door.refusal(door.auth.authenticate.password_owner(refusal.change_token))) is TokenInvalid


async def test_a_token_that_outlives_its_account_is_worth_nothing(door):
    """The account was removed between two reads."""
    refusal = await expired(door)
    door.store.users.rows.clear()

    assert type(await door.refusal(door.auth.authenticate.password_owner(refusal.change_token))) is TokenInvalid
