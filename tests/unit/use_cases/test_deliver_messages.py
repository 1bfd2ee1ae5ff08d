"""Handing messages over: secrets are minted at the last moment, and what has no cause any more is dropped."""

from dataclasses import replace

import pytest

from doorward.domain.ids import new_id
from doorward.domain.messages import Message, MessageKind
from doorward.domain.password import Password
from doorward.domain.policies.verification import VerificationPolicy
from doorward.ports.delivery import DeliveryFailed
from doorward.ports.store import AuditQuery
from doorward.ports.writes import ConsumeChallenge, Send
from doorward.use_cases.resend_code import ResendToUser


@pytest.fixture
async def door(engine):
    """An engine where Ada has signed up and her mail waits."""
    built = engine("link-activation")
    built.ada = await built.auth.register(built.form(first_name="Ada"))
    return built


def challenge(door):
    return next(iter(door.store.challenges.rows.values()))


async def test_a_letter_has_the_code_the_link_and_their_time(door):
    """The person can read what to type, where to go, and for how long."""
    letter = await door.deliver()

    assert (letter.to, letter.valid_seconds, letter.text) == (
        "ada@example.com",
        60,
        f" {letter.code} {letter.link}",
    )


async def test_a_link_leads_to_the_public_address(door):
    """The page and the token are all there is in a link."""
    letter = await door.deliver()

    assert letter.link.startswith("https://door.example.com/verify?token=")


async def test_without_links_a_letter_has_a_code_only(engine):
    """Where links are off, none is sent."""
    door = engine("code-activation")
    await door.auth.register(door.form())

    letter = await door.deliver()

    assert letter.link is None


async def test_a_letter_is_sent_once(door):
    """What was handed over does not wait any more."""
    await door.deliver()

    await door.deliver()

    assert len(door.post.letters) == 1


async def test_a_letter_that_is_sent_twice_carries_the_same_code(door):
    """A relay that died after the hand-over, before it could note it, sends no second code."""
    waiting = next(w for w in door.outbox.rows.values() if w.item.message)
    first = await door.deliver()
    waiting.owner, waiting.lease_until = None, None
    door.outbox.rows[waiting.item.id] = waiting

    second = await door.deliver()

    assert (len(door.post.letters), second.code) == (2, first.code)


async def test_a_failed_hand_over_is_tried_again(door):
    """A mail server that is away for a moment costs no mail."""
    door.post.failures = [DeliveryFailed("later, please")]
    await door.deliver()
    door.clock.advance(seconds=2)

    letter = await door.deliver()

    assert letter.to == "ada@example.com"


async def test_the_code_has_its_full_time_after_a_failed_hand_over(door):
    """The minute begins with the hand-over that worked."""
    door.post.failures = [DeliveryFailed("later, please")]
    await door.deliver()
    door.clock.advance(minutes=30)
    letter = await door.deliver()
    door.clock.advance(seconds=59)

    user = await door.activate(letter.code)

    assert user.is_verified


async def test_slow_mail_servers_do_not_cost_the_persons_time(door):
    """The minute begins when the mail server has taken the letter, not when it was offered."""

    async def slowly():
        door.clock.advance(seconds=40)

    door.post.on_send = slowly

    await door.deliver()

    assert (challenge(door).code_expires_at - door.clock()).total_seconds() == 60


async def test_a_final_refusal_is_kept_for_the_operator(door):
    """An address that no server takes is not tried for ever."""
    door.post.failures = [DeliveryFailed("no such mailbox", is_final=True)]

    await door.deliver()

    assert await door.outbox.depth() == {"events": 1, "messages": 0, "dead": 1}


async def test_a_letter_that_waited_for_days_is_given_up(door):
    """Nobody waits for a code of the day before yesterday."""
    door.clock.advance(days=2, seconds=1)

    letter = await door.deliver()

    assert letter is None


async def test_a_message_whose_challenge_was_answered_is_dropped(door):
    """There is nothing left to prove."""
    await door.store.commit(ConsumeChallenge(challenge(door).id, door.clock()))

    letter = await door.deliver()

    assert (letter, (await door.outbox.depth())["messages"]) == (None, 0)


async def test_a_message_whose_challenge_was_replaced_is_dropped(door):
    """Only the newest code is sent: an older one would be wrong when it arrives."""
    door.clock.advance(seconds=30)
    await door.auth.resend_code.to_user(
        ResendToUser(identifier="ada@example.com", password=Password("correct horse battery staple"))
    )

    await door.deliver()

    assert len(door.post.letters) == 1


async def test_a_message_whose_challenge_is_gone_is_dropped(door):
    """The account may have been closed."""
    door.store.challenges.rows.clear()

    letter = await door.deliver()

    assert letter is None


async def test_a_challenge_that_is_answered_in_this_moment_is_sent_no_more(door):
    """Between reading and starting the clock somebody may have been quicker."""
    deliver = door.auth.deliver_messages
    read = await deliver._current_challenge(next(w for w in door.outbox.rows.values() if w.item.message).item.message)
    commit = door.store.commit

    async def overtaken(*changes):
        door.store.commit = commit
        await commit(ConsumeChallenge(read.id, door.clock()))
        await commit(*changes)

    door.store.commit = overtaken

    letter = await door.deliver()

    assert letter is None


async def test_a_hand_over_is_audited(door):
    """The log shows when a code went out."""
    await door.deliver()

    assert await door.audit(user_id=door.ada.id) == ["VERIFICATION_SENT", "SIGNUP"]


@pytest.mark.parametrize("profile", ["link-activation", "modern"])
async def test_a_letter_that_is_answered_within_its_hand_over_was_sent(engine, profile):
    """Who is quicker than the note about it finds it in the log of his account all the same."""
    door = engine(profile)
    register = door.auth.register_concealed if profile == "modern" else door.auth.register
    await register(door.form())
    send = door.post.send

    async def answered(mail):
        await send(mail)
        await door.store.commit(ConsumeChallenge(challenge(door).id, door.clock()))

    door.post.send = answered

    letter = await door.deliver()

    assert letter.code
    assert "VERIFICATION_SENT" in await door.audit()
    assert [w for w in door.outbox.rows.values() if w.item.message] == []


async def test_a_code_for_a_concealed_sign_up_is_counted(engine):
    """The log shows that one was sent and how long it waited, about nobody: there is no account yet."""
    door = engine("modern")
    await door.auth.register_concealed(door.form())

    await door.deliver()
    (sent,) = (await door.store.audit.page(AuditQuery(event_type="VERIFICATION_SENT"))).items

    assert (sent.user_id, set(sent.details)) == (None, {"waited_ms"})


async def test_a_letter_to_the_owner_of_a_taken_address_is_no_code(engine):
    """What is sent in the place of one is not counted."""
    door = engine("modern")
    await door.created()
    await door.auth.register_concealed(door.form())

    assert (await door.deliver()).subject == "account_exists"
    assert "VERIFICATION_SENT" not in await door.audit()


async def test_a_message_without_a_challenge_carries_no_secret(door):
    """Plain news have neither code nor link."""
    await door.deliver()
    news = Message(
        id=new_id(door.clock()), kind=MessageKind.ACCOUNT_EXISTS, to="ada@example.com", subject_id=door.ada.id
    )
    await door.store.commit(Send(news, door.clock()))

    letter = await door.deliver()

    assert (letter.subject, letter.code, letter.link, letter.valid_seconds) == ("account_exists", None, None, None)


async def test_an_unexpected_error_reaches_the_relay_and_the_letter_waits(door):
    """A mistake in the house loses no mail: its lease runs out and it is tried again."""
    door.post.failures = [RuntimeError("a mistake")]
    refusal = await door.refusal(door.deliver())
    door.clock.advance(seconds=30)

    letter = await door.deliver()

    assert (type(refusal), letter.to) == (RuntimeError, "ada@example.com")


async def test_a_mail_says_how_long_its_code_is_good(engine):
    """The shown time is that of the code, also where the link lives longer."""
    door = engine("link-activation", verification=replace(VerificationPolicy(), code_length=8))
    await door.auth.register(door.form())

    letter = await door.deliver()

    assert (len(letter.code), letter.valid_seconds) == (8, 600)
