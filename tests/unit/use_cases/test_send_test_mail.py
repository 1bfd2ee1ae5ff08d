"""Seeing whether mail works."""

from datetime import timedelta

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import Forbidden, InvalidInput
from doorward.ports.delivery import Cause, DeliveryFailed, Voice
from doorward.use_cases.send_test_mail import Line


async def test_a_test_letter_goes_out_at_once(engine):
    """Past the outbox; it is said how long the server took and what was said, and each letter is one of its own."""
    door = engine()

    async def take_a_while():
        door.clock.advance(seconds=2)

    door.post.on_send = take_a_while
    trial = await door.auth.send_test_mail("Ada@Example.com", "de")
    await door.auth.send_test_mail("ada@example.com")
    first, second = door.post.letters

    assert (trial.is_taken, trial.to, trial.took.total_seconds()) == (True, "ada@example.com", 2)
    assert trial.lines == [Line(at=timedelta(), voice=Voice.CLIENT, text="NOOP")]
    assert (first.to, first.subject, first.language) == ("ada@example.com", "test", "de")
    assert first.id != second.id
    assert door.outbox.rows == {}


async def test_what_the_server_says_is_passed_on(engine):
    """With what was said up to then; what is no address is not even tried."""
    door = engine()
    door.post.failures = [DeliveryFailed("recipient refused (550)", is_final=True, cause=Cause.RECIPIENT)]

    trial = await door.auth.send_test_mail("ada@example.com")
    with pytest.raises(InvalidInput):
        await door.auth.send_test_mail("nobody")

    assert (trial.is_taken, trial.reason, trial.cause) == (False, "recipient refused (550)", Cause.RECIPIENT)
    assert [line.text for line in trial.lines] == ["NOOP"]
    assert door.post.letters == []


async def test_an_administrator_sends_one_to_himself(engine):
    """The audit log knows, whether it is taken or not."""
    door = engine()
    root = await door.admin()
    await door.auth.send_test_mail.to_self(root, "fr")
    door.post.failures = [DeliveryFailed("relaying denied")]
    trial = await door.auth.send_test_mail.to_self(root)

    assert not trial.is_taken
    assert [(letter.to, letter.language) for letter in door.post.letters] == [("root@example.com", "fr")]
    assert (await door.audit())[:2] == ["TEST_MAIL_SENT"] * 2


async def test_only_an_administrator_with_an_address_can(engine):
    """The operator at the command line names one."""
    door = engine()

    with pytest.raises(Forbidden):
        await door.auth.send_test_mail.to_self(Actor(await door.created()))
    with pytest.raises(InvalidInput):
        await door.auth.send_test_mail.to_self(door.operator)
