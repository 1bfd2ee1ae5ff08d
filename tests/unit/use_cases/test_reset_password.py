"""Setting a new password with a mailed link."""

import pytest

from doorward.domain.errors import InvalidInput, LinkExpired, LinkInvalid, TokenInvalid
from doorward.domain.password import Password
from doorward.domain.user import Status
from doorward.ports.secrets import TokenKind, TokenRef
from doorward.use_cases.reset_password import PasswordReset
from doorward.use_cases.set_user_status import StatusAction

NEW = "another fine password"


@pytest.fixture
async def door(engine):
    """An engine where Ada has an account and has never proven her address."""
    built = engine()
    await built.created(verified=False)
    return built


async def link(door):
    """Ask for a link and return its token."""
    await door.auth.forgot_password("ada@example.com", door.client)
    return door.token((await door.deliver()).link)


def reset(door, token, new=NEW):
    return door.auth.reset_password(PasswordReset(token=token, new=Password(new), client=door.client))


async def test_the_new_password_signs_in(door):
    """After the reset it is the new one that counts."""
    user = await reset(door, await link(door))

    signed_in = await door.sign_in(password=NEW)

    assert signed_in.user.id == user.id


async def test_a_reset_lifts_a_lock(door):
    """Whoever controls the address gets back in."""
    await door.fail(4)

    user = await reset(door, await link(door))

    assert (user.status, user.failed_attempts) == (Status.ACTIVE, 0)


async def test_after_a_reset_all_tries_are_back(door):
    """The failures before the reset no longer count."""
    await door.fail(4)
    await reset(door, await link(door))
    await door.fail(3)

    signed_in = await door.sign_in(password=NEW)

    assert signed_in.user.status is Status.ACTIVE


async def test_a_reset_proves_the_address(door):
    """Whoever follows the link has read the mail."""
    user = await reset(door, await link(door))

    assert user.verified_at == door.clock()


async def test_a_reset_ends_all_sessions(door):
    """Whoever is signed in is signed out."""
    before = await door.sign_in()
    await reset(door, await link(door))

    refusal = await door.refusal(door.auth.authenticate(before.access.token))

    assert type(refusal) is TokenInvalid


async def test_a_reset_kills_all_links(door):
    """Links that were mailed before die with the one that was used."""
    older = await link(door)
    await reset(door, await link(door))

    refusal = await door.refusal(reset(door, older, "yet another password"))

    assert type(refusal) is LinkExpired


async def test_an_older_link_is_good_until_one_is_used(door):
    """A stranger who asks for a new link does not kill the owner's."""
    older = await link(door)
    await link(door)

    user = await reset(door, older)

    assert user.email == "ada@example.com"


async def test_a_link_is_good_once(door):
    """What was used is spent."""
    token = await link(door)
    await reset(door, token)

    refusal = await door.refusal(reset(door, token, "yet another password"))

    assert type(refusal) is LinkExpired


async def test_a_link_ends_after_its_lifetime(door):
    """An hour after the hand-over it leads nowhere."""
    token = await link(door)
    door.clock.advance(hours=1)

    refusal = await door.refusal(reset(door, token))

    assert type(refusal) is LinkExpired


async def test_the_hour_begins_at_the_hand_over(door):
    """Time in the queue is not taken from the link."""
    await door.auth.forgot_password("ada@example.com", door.client)
    door.clock.advance(hours=5)
    token = door.token((await door.deliver()).link)
    door.clock.advance(minutes=59)

    user = await reset(door, token)

    assert user.password_changed_at == door.clock()


@pytest.mark.parametrize("token", ["", "nonsense", "A" * 54])
async def test_a_link_that_was_not_made_here_is_invalid(door, token):
    """Nobody can make a link up."""
    refusal = await door.refusal(reset(door, token))

    assert type(refusal) is LinkInvalid


async def test_a_link_to_something_forgotten_has_expired(door):
    """A link of ours whose challenge is gone was good once."""
    ada = await door.user()
    token = door.secrets.token(TokenKind.RESET_LINK, TokenRef(ada.id))

    refusal = await door.refusal(reset(door, token))

    assert type(refusal) is LinkExpired


async def test_a_password_that_breaks_rules_leaves_the_link_good(door):
    """One may try again with a better password."""
    token = await link(door)
    refusal = await door.refusal(reset(door, token, "short"))

    user = await reset(door, token)

    assert (type(refusal), user.is_verified) == (InvalidInput, True)


async def test_a_refused_reset_is_audited(door):
    """The log shows a reset that failed."""
    token = await link(door)

    await door.refusal(reset(door, token, "short"))

    assert (await door.audit())[0] == "PASSWORD_RESET_FAILED"


async def test_what_a_reset_changed_is_audited(door):
    """Reset, unlock and proof each have a row."""
    await door.fail(4)

    user = await reset(door, await link(door))

    assert (await door.audit(user_id=user.id))[:3] == ["EMAIL_VERIFIED", "ACCOUNT_UNLOCKED", "PASSWORD_RESET"]


async def test_a_reset_that_changed_only_the_password_says_only_that(door):
    """Who was neither locked nor unproven has one row."""
    await reset(door, await link(door))
    door.clock.advance(seconds=1)
    since = door.clock()

    await reset(door, await link(door), "yet another password")

    assert await door.audit(since=since) == ["PASSWORD_RESET", "PASSWORD_RESET_REQUESTED"]


async def test_a_link_that_was_mailed_before_leaves_a_disabled_account_disabled(door):
    """An operator's decision is not undone by an older mail."""
    token = await link(door)
    ada = await door.user()
    disabled = await door.auth.set_user_status(ada.id, StatusAction.DISABLE, door.operator)

    user = await reset(door, token)

    assert (disabled.status, user.status) == (Status.DISABLED, Status.DISABLED)


async def test_a_link_can_be_looked_at_without_being_spent(door):
    """It says what using it would say, and nothing changes."""
    token = await link(door)
    for _ in range(2):
        assert await door.auth.reset_password.check(token) is None
    await reset(door, token)

    refusals = [await door.refusal(door.auth.reset_password.check(one)) for one in (token, "x")]

    assert [type(refusal) for refusal in refusals] == [LinkExpired, LinkInvalid]
