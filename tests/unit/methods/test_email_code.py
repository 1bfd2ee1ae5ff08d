"""Codes by mail: few tries, one at a time, and their minute begins when the mail goes out."""

import asyncio
import re
from datetime import timedelta

import pytest

from doorward.domain.errors import AlreadyActive, CodeExpired, CodeIncorrect, TooManyRequests
from doorward.domain.password import Password
from doorward.domain.policies.verification import VerificationPolicy
from doorward.use_cases.resend_code import ResendToUser

IMPATIENT = VerificationPolicy(code_length=4, code_ttl=timedelta(minutes=1), link=False, resend_cooldown=None)


@pytest.fixture
async def door(engine):
    """An engine where Ada has signed up and waits for her code."""
    built = engine("code-activation")
    await built.auth.register(built.form())
    return built


@pytest.fixture
async def impatient(engine):
    """The same, with no pause between two codes."""
    built = engine("code-activation", verification=IMPATIENT)
    await built.auth.register(built.form())
    return built


async def resend(door):
    """Ask for a new code a second later, and return it."""
    door.clock.advance(seconds=1)
    await door.auth.resend_code.to_user(
        ResendToUser(identifier="ada@example.com", password=Password("correct horse battery staple"))
    )
    return (await door.deliver()).code


async def guess(door, times, code):
    """Type a wrong code some times and return the refusals."""
    return [await door.refusal(door.activate(door.wrong(code))) for _ in range(times)]


async def test_a_code_has_as_many_digits_as_the_policy_says(door):
    """The mailed code is four digits."""
    letter = await door.deliver()

    assert re.fullmatch("[0-9]{4}", letter.code)


async def test_the_right_code_activates(door):
    """Password and code together prove the address."""
    letter = await door.deliver()

    user = await door.activate(letter.code)

    assert user.is_verified


@pytest.mark.parametrize("typed", [" {} ", "{}", "-{}", "\uff10{}"])
async def test_how_a_code_is_typed(door, typed):
    """Spaces and dashes around it are ignored; another digit makes it another code."""
    letter = await door.deliver()

    outcome = await asyncio.gather(door.activate(typed.format(letter.code)), return_exceptions=True)

    assert isinstance(outcome[0], CodeIncorrect) is typed.startswith("\uff10")


@pytest.mark.parametrize("typed", ["", "12345", "abcd", "\ud800", "\u0661\u0662\u0663\u0664"])
async def test_what_is_no_code_is_incorrect(door, typed):
    """Any other text is answered like a wrong code."""
    await door.deliver()

    refusal = await door.refusal(door.activate(typed))

    assert type(refusal) is CodeIncorrect


async def test_five_wrong_tries_count_down(door):
    """Each wrong try says how many are left, down to none."""
    letter = await door.deliver()

    refusals = await guess(door, 5, letter.code)

    assert [refusal.attempts_left for refusal in refusals] == [4, 3, 2, 1, 0]


async def test_the_sixth_try_is_too_late(door):
    """After five wrong tries a code is used up."""
    letter = await door.deliver()
    await guess(door, 5, letter.code)

    refusal = (await guess(door, 1, letter.code))[0]

    assert type(refusal) is CodeExpired


async def test_the_right_code_comes_too_late_after_five_wrong_ones(door):
    """Even the right code is not taken from somebody who has guessed five times."""
    letter = await door.deliver()
    await guess(door, 5, letter.code)

    refusal = await door.refusal(door.activate(letter.code))

    assert type(refusal) is CodeExpired


async def test_parallel_guesses_get_no_extra_try(door):
    """Of thirty guesses at once five are judged."""
    letter = await door.deliver()
    guesses = (door.auth.activate_account.codes.prove for _ in range(30))
    challenge = next(iter(door.store.challenges.rows.values()))
    wrong = door.wrong(letter.code)

    outcomes = await asyncio.gather(
        *(
            door.refusal(prove(challenge, wrong, door.client, address="ada@example.com", user_id=None))
            for prove in guesses
        )
    )

    assert sum(type(outcome) is CodeIncorrect for outcome in outcomes) == 5


async def test_wrong_codes_are_audited(door):
    """The account's log shows that somebody guessed."""
    letter = await door.deliver()

    await guess(door, 2, letter.code)

    assert (await door.audit()).count("VERIFICATION_FAILED") == 2


async def test_a_new_code_has_five_tries_again(impatient):
    """A resend gives tries back as long as the hour has some."""
    letter = await impatient.deliver()
    await guess(impatient, 5, letter.code)

    refusal = (await guess(impatient, 1, await resend(impatient)))[0]

    assert refusal.attempts_left == 4


async def test_a_new_code_has_no_more_tries_than_the_hour(impatient):
    """After eight wrong tries of ten a new code has two, whatever a code has otherwise."""
    letter = await impatient.deliver()
    await guess(impatient, 4, letter.code)
    await guess(impatient, 4, await resend(impatient))

    refusals = await guess(impatient, 2, await resend(impatient))

    assert [refusal.attempts_left for refusal in refusals] == [1, 0]


async def test_the_eleventh_wrong_try_in_an_hour_must_wait(impatient):
    """Ten wrong tries across all codes are what an hour has."""
    letter = await impatient.deliver()
    await guess(impatient, 4, letter.code)
    await guess(impatient, 4, await resend(impatient))
    code = await resend(impatient)
    await guess(impatient, 2, code)

    refusal = await impatient.refusal(impatient.activate(code))

    assert (type(refusal), refusal.retry_after) == (TooManyRequests, 3598)


async def test_a_spent_hour_sends_no_new_code(impatient):
    """A code that could not be tried is not sent; the answer says when it can."""
    letter = await impatient.deliver()
    await guess(impatient, 5, letter.code)
    await guess(impatient, 5, await resend(impatient))
    impatient.clock.advance(minutes=20, seconds=-2)

    refusal = await impatient.refusal(resend(impatient))

    assert (type(refusal), refusal.retry_after) == (TooManyRequests, 2400)


async def test_after_the_hour_there_are_tries_again(impatient):
    """Nobody is locked out of proving an address for good."""
    letter = await impatient.deliver()
    await guess(impatient, 5, letter.code)
    await guess(impatient, 5, await resend(impatient))
    impatient.clock.advance(hours=1)

    user = await impatient.activate(await resend(impatient))

    assert user.is_verified


async def test_right_codes_cost_no_tries(door):
    """What was right is given back, so that a lost answer harms nobody."""
    letter = await door.deliver()
    codes = door.auth.activate_account.codes
    challenge = next(iter(door.store.challenges.rows.values()))
    for _ in range(20):
        await codes.prove(challenge, letter.code, door.client, address="ada@example.com", user_id=None)

    refusal = (await guess(door, 1, letter.code))[0]

    assert refusal.attempts_left == 4


async def test_the_minute_begins_at_the_hand_over(door):
    """A mail that waited an hour carries a code that is good for a minute."""
    door.clock.advance(hours=1)
    letter = await door.deliver()
    door.clock.advance(seconds=59)

    user = await door.activate(letter.code)

    assert user.is_verified


async def test_the_minute_ends(door):
    """Sixty seconds after the hand-over the code is too late."""
    letter = await door.deliver()
    door.clock.advance(seconds=60)

    refusal = await door.refusal(door.activate(letter.code))

    assert type(refusal) is CodeExpired


async def test_a_new_code_replaces_the_old(impatient):
    """Only the code of the newest mail is taken."""
    letter = await impatient.deliver()
    await resend(impatient)

    refusal = await impatient.refusal(impatient.activate(letter.code))

    assert type(refusal) is CodeIncorrect


async def test_a_code_is_good_once(impatient):
    """Who is active already has nothing to activate."""
    letter = await impatient.deliver()
    await impatient.activate(letter.code)

    refusal = await impatient.refusal(impatient.activate(letter.code))

    assert type(refusal) is AlreadyActive


async def test_the_sign_up_mail_starts_the_cooldown(door):
    """A resend right after the sign-up must wait half a minute."""
    refusal = await door.refusal(resend(door))

    assert (type(refusal), refusal.retry_after) == (TooManyRequests, 29)


async def test_after_the_cooldown_a_new_code_is_sent(door):
    """Half a minute later there is another mail."""
    first = await door.deliver()
    door.clock.advance(seconds=29)

    code = await resend(door)

    assert (len(door.post.letters), code != first.code) == (2, True)


async def test_a_code_rests_nowhere(door):
    """Neither store nor outbox nor counters hold the code."""
    letter = await door.deliver()
    kept = [vars(door.store.challenges), vars(door.store.users), door.outbox.rows, door.counters.rows]

    assert f"'{letter.code}'" not in repr(kept)


async def test_a_code_that_was_never_mailed_proves_nothing(engine):
    """A lucky guess before the hand-over is wrong, and counts."""
    door = engine("code-activation")
    await door.auth.register(door.form())
    challenge = next(iter(door.store.challenges.rows.values()))
    lucky = door.auth.parts.secrets.code(challenge.id, digits=4)

    refusal = await door.refusal(door.activate(lucky))

    assert refusal.attempts_left == 4


async def test_all_sign_ups_of_an_address_share_its_tries(engine):
    """Twenty sign-ups are no hundred guesses: the hour's ten belong to the address."""
    door = engine("modern")
    handles = [await door.auth.register_concealed(door.form()) for _ in range(4)]
    await door.deliver()

    refusals = [await door.refusal(door.verify(verification=h, code="0")) for h in handles for _ in range(4)]

    assert [type(refusal) for refusal in refusals[:10]] == [CodeIncorrect] * 10
    assert {type(refusal) for refusal in refusals[10:]} == {TooManyRequests}
