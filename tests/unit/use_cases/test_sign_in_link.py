"""A link that lets an administrator in, once."""

from datetime import timedelta

import pytest

from doorward.domain.errors import Forbidden, LinkExpired, LinkInvalid, NotFound
from doorward.domain.ids import new_id
from doorward.domain.user import Role
from doorward.use_cases.set_user_status import StatusAction

TTL = timedelta(minutes=15)


@pytest.fixture
async def door(engine):
    built = engine("modern")
    built.root = await built.created("root@example.com", role=Role.ADMIN)
    return built


async def made(door):
    return await door.auth.sign_in_link.make(door.root.id, door.operator, ttl=TTL)


async def test_the_link_opens_a_session(door):
    """Its tokens are as good as those of a password, and both steps are audited."""
    signed_in = await door.auth.sign_in_link(await made(door), door.client)

    current = await door.auth.authenticate(signed_in.access.token)
    assert (current.user.id, signed_in.refresh_token is not None) == (door.root.id, True)
    assert (await door.audit())[:2] == ["LOGIN_SUCCESS", "SIGN_IN_LINK_MADE"]


async def test_the_link_is_good_once(door):
    """Whoever finds it later finds nothing."""
    token = await made(door)
    await door.auth.sign_in_link(token, door.client)

    assert type(await door.refusal(door.auth.sign_in_link(token, door.client))) is LinkExpired


async def test_the_link_ends_at_its_time(door):
    """A forgotten one lets nobody in."""
    token = await made(door)
    door.clock.advance(minutes=15)

    assert type(await door.refusal(door.auth.sign_in_link(token, door.client))) is LinkExpired


@pytest.mark.parametrize("token", ["", "x" * 54])
async def test_what_was_not_made_here_is_invalid(door, token):
    """A made-up link is told from one that was good."""
    assert type(await door.refusal(door.auth.sign_in_link(token, door.client))) is LinkInvalid


async def test_a_link_of_another_kind_is_invalid(door):
    """A link that resets a password signs nobody in."""
    await door.auth.forgot_password("root@example.com", door.client)
    token = door.token((await door.deliver()).link)

    assert type(await door.refusal(door.auth.sign_in_link(token, door.client))) is LinkInvalid


async def test_only_the_operator_makes_one_and_for_administrators_only(door):
    """No administrator lets himself or others in by it, and it is no way into people's accounts."""
    ada, admin = await door.created(), await door.admin("second@example.com")
    make = door.auth.sign_in_link.make

    assert type(await door.refusal(make(door.root.id, admin, ttl=TTL))) is Forbidden
    assert type(await door.refusal(make(ada.id, door.operator, ttl=TTL))) is Forbidden
    assert type(await door.refusal(make(new_id(door.clock()), door.operator, ttl=TTL))) is NotFound


@pytest.mark.parametrize("change", ["disabled", "demoted"])
async def test_who_may_not_enter_any_more_does_not(door, change):
    """What was decided after the link was made counts."""
    token = await made(door)
    if change == "disabled":
        await door.auth.set_user_status(door.root.id, StatusAction.DISABLE, door.operator)
    else:
        await door.auth.update_user(door.root.id, {}, door.operator, role=Role.USER)

    assert type(await door.refusal(door.auth.sign_in_link(token, door.client))) is LinkExpired


async def test_looking_at_a_link_spends_nothing(door):
    """It says beforehand what using it would say."""
    token = await made(door)
    await door.auth.sign_in_link.check(token)
    await door.auth.sign_in_link(token, door.client)

    assert type(await door.refusal(door.auth.sign_in_link.check(token))) is LinkExpired
    assert type(await door.refusal(door.auth.sign_in_link.check("no token"))) is LinkInvalid
