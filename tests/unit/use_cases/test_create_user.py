"""Creating accounts for others."""

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import Forbidden, IdentifierTaken, InvalidInput
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.domain.user import Role


async def test_an_administrator_may_vouch_for_the_address(engine):
    """A user who is created verified can sign in at once."""
    door = engine("code-activation")
    ada = await door.created(verified=True)

    signed_in = await door.sign_in()

    assert signed_in.user.id == ada.id


@pytest.mark.parametrize(
    ("profile", "verified", "mails"),
    [("code-activation", False, 1), ("code-activation", True, 0), ("signup-signin", False, 0)],
)
async def test_a_code_is_mailed_where_there_is_something_to_verify(engine, profile, verified, mails):
    """Vouched addresses and profiles without verification need no mail."""
    door = engine(profile)
    await door.created(verified=verified)

    await door.deliver()

    assert len(door.post.letters) == mails


async def test_the_role_is_what_the_administrator_says(engine):
    """That is how there come to be more administrators."""
    door = engine()

    user = await door.created(role=Role.ADMIN)

    assert user.role is Role.ADMIN


async def test_nobody_else_creates_accounts(engine):
    """An ordinary user is refused."""
    door = engine()
    actor = Actor(await door.created())
    form = door.form("grace@example.com")

    refusal = await door.refusal(door.auth.create_user(form, actor, role=Role.ADMIN, verified=True))

    assert type(refusal) is Forbidden


async def test_a_taken_address_is_taken_for_administrators_too(engine):
    """One mailbox has one account."""
    door = engine()
    await door.created()

    refusal = await door.refusal(door.created())

    assert type(refusal) is IdentifierTaken


async def test_the_password_must_follow_the_rules(engine):
    """Administrators set no weaker passwords."""
    door = engine()

    refusal = await door.refusal(door.created(password="short"))

    assert type(refusal) is InvalidInput


async def test_a_closed_door_is_open_for_administrators(engine):
    """Where strangers cannot sign up, accounts are created by administrators."""
    door = engine(registration=RegistrationPolicy(open=False))

    user = await door.created()

    assert user.email == "ada@example.com"


@pytest.mark.parametrize(("verified", "log"), [(True, ["EMAIL_VERIFIED"]), (False, [])])
async def test_the_log_says_who_vouched_for_an_address(engine, verified, log):
    """A verified account has its row, whoever verified it."""
    door = engine("code-activation")

    ada = await door.created(verified=verified)

    assert [entry.event for entry in await door.store.audit.verification_log(ada.id, 10)] == log
