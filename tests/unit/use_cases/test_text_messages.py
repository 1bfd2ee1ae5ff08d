"""Resets by text message: to the number that was typed, counted, and within a day's cap."""

from dataclasses import replace

import pytest

from doorward.domain.identifiers import Identifier, Kind
from doorward.domain.password import Password
from doorward.domain.policies.sms import SmsPolicy
from doorward.domain.registration import SignUp
from doorward.domain.user import Profile
from doorward.ports.delivery import DeliveryFailed
from doorward.ports.writes import SaveUser
from doorward.use_cases.reset_password import PasswordReset

NUMBER, NEW = "+4915123456789", Password("another fine password")


async def signed_up(door, *, email=None, phone=NUMBER, username=None):
    sign_up = SignUp(
        email=email,
        phone=phone,
        username=username,
        password=Password("correct horse"),
        profile=Profile(first_name="Ada"),
        client=door.client,
    )
    return await door.auth.register(sign_up)


@pytest.fixture
async def door(engine):
    return engine("email-or-phone", sms=SmsPolicy(daily_cap=2))


async def forget(door, identifier=NUMBER):
    await door.auth.forgot_password(identifier, door.client)
    await door.deliver()
    return [text.to for text in door.texts.letters]


async def test_who_signed_up_by_number_is_reached_by_text(door):
    """The link comes by text message, which has neither subject nor HTML."""
    await signed_up(door)

    await forget(door, "0049 151 2345 6789")

    (text,) = door.texts.letters
    assert (text.to, text.subject, text.html) == (NUMBER, "", "")
    assert text.link in text.text


async def test_a_link_by_text_sets_the_password_and_proves_the_number(door):
    """Whoever has only a number has proven it by the link."""
    await signed_up(door)
    await forget(door)
    token = door.token(door.texts.letters[0].link)

    user = await door.auth.reset_password(PasswordReset(token=token, new=NEW, client=door.client))

    assert (await door.sign_in(NUMBER, NEW.text)).user.id == user.id
    assert user.is_verified


async def test_a_link_by_text_does_not_prove_an_address(door):
    """Who has both is asked by the way that he typed, and only that way is proven."""
    await signed_up(door, email="ada@example.com")
    await forget(door)
    token = door.token(door.texts.letters[0].link)

    user = await door.auth.reset_password(PasswordReset(token=token, new=NEW, client=door.client))

    assert (user.is_verified, door.post.letters) == (False, [])
    assert "EMAIL_VERIFIED" not in await door.audit()


async def test_a_user_name_is_reached_by_the_number_if_there_is_no_address(door):
    """A user name names no way; the account has one."""
    await signed_up(door, username="countess")

    assert await forget(door, "countess") == [NUMBER]


async def test_the_days_cap_ends_text_messages(door):
    """Beyond the cap nothing is sent, and the message is kept as dead for the operator."""
    await signed_up(door)

    sent = [len(await forget(door)) for _ in range(3)]

    assert sent == [1, 2, 2]
    assert (await door.outbox.depth())["dead"] == 1


async def test_what_was_not_taken_is_not_counted(door):
    """A service that fails and then works costs one message of the cap."""
    await signed_up(door)
    door.texts.failures = [DeliveryFailed("down")]

    await forget(door)
    door.clock.advance(seconds=5)
    await door.deliver()
    sent = await forget(door)

    assert sent == [NUMBER, NUMBER]


async def test_without_a_service_nothing_is_sent(engine):
    """A number from an import is kept, and nothing pretends to reach it."""
    door = engine("email-or-phone", has_sms=False)
    refusal = await door.refusal(signed_up(door))

    assert refusal.violations[0].code == "phone_unavailable"


async def test_without_a_service_a_reset_is_buried(engine):
    """What waits for a service that is gone is given up and shown to the operator."""
    door = engine("email-or-phone", sms=SmsPolicy(countries=("FR",)))
    user = await door.created("ada@example.com")
    await door.store.commit(SaveUser(user, replace(user, phone=NUMBER)))

    assert await forget(door) == []
    assert (await door.outbox.depth())["dead"] == 1


async def test_an_account_without_address_and_number_gets_nothing(door):
    """An imported account that has a user name only cannot be reached."""
    user = await signed_up(door, username="countess")
    await door.store.commit(SaveUser(user, replace(user, phone=None)))

    assert await forget(door, "countess") == []
    assert await door.store.users.find(Identifier(Kind.PHONE, NUMBER)) is None
