"""Signing up where nobody may learn which addresses are taken."""

import asyncio

import pytest

from doorward.adapters.hashing import PooledPasswordHasher
from doorward.domain.errors import Busy, CodeIncorrect, IdentifierTaken, LinkExpired, RegistrationClosed
from doorward.domain.identifiers import parse_username
from doorward.domain.policies.hashing import HashingPolicy
from doorward.domain.policies.registration import RegistrationPolicy

OTHER = "another fine password"


async def sign_up(door, **form):
    """Sign up and return the handle and the letter."""
    handle = await door.auth.register_concealed(door.form(**form))
    return handle, await door.deliver()


def real_code(door, letter):
    """The code that belongs to the newest challenge, which a decoy's letter does not tell."""
    challenge = list(door.store.challenges.rows.values())[-1]
    return door.secrets.code(challenge.id, digits=6)


@pytest.fixture
def door(engine):
    return engine("modern")


async def test_a_pending_sign_up_is_no_account(door):
    """Before the proof nobody has that address."""
    await sign_up(door)

    assert await door.user() is None


async def test_the_right_code_makes_the_account(door):
    """Handle and code turn the sign-up into a verified user."""
    handle, letter = await sign_up(door)

    user = await door.verify(verification=handle, code=letter.code)

    assert user.is_verified


async def test_the_new_account_signs_in_with_its_password(door):
    """The password of the proven sign-up is that of the account."""
    handle, letter = await sign_up(door, password=OTHER)
    user = await door.verify(verification=handle, code=letter.code)

    signed_in = await door.sign_in(password=OTHER)

    assert signed_in.user.id == user.id


async def test_a_taken_address_gets_a_handle_of_the_same_form(door):
    """The answer does not tell whether an address is taken."""
    await door.created()

    taken, free = [(await sign_up(door, email=email))[0] for email in ("ada@example.com", "grace@example.com")]

    assert len(taken) == len(free)


async def test_the_owner_is_told_that_there_is_an_account(door):
    """The mail to a taken address has neither code nor link."""
    await door.created()

    letter = (await sign_up(door))[1]

    assert (letter.subject, letter.code, letter.link) == ("account_exists", None, None)


async def test_the_owner_is_greeted_with_the_name_of_the_account(door):
    """A stranger cannot choose the words of the owner's mail."""
    await door.created(first_name="Ada")

    letter = (await sign_up(door, first_name="Click here"))[1]

    assert letter.text.startswith("Ada ")


@pytest.mark.parametrize("email", ["ada@example.com", "grace@example.com"])
async def test_a_free_and_a_taken_address_both_cost_a_hash(engine, email):
    """Both wait for a hashing slot: when there is one, the second of two sign-ups is told to come back."""
    narrow = PooledPasswordHasher(HashingPolicy(memory_kib=8, time_cost=1, slots=1, queue=0))
    door = engine("modern", hasher=narrow)
    await door.created()

    two = (door.auth.register_concealed(door.form(email)) for _ in range(2))
    outcomes = await asyncio.gather(*two, return_exceptions=True)
    narrow.close()

    assert [type(outcome) for outcome in outcomes] == [str, Busy]


async def test_a_decoy_never_succeeds(door):
    """Even the code that its challenge would have is answered like a wrong one."""
    await door.created()
    handle, letter = await sign_up(door)

    refusal = await door.refusal(door.verify(verification=handle, code=real_code(door, letter)))

    assert (type(refusal), refusal.attempts_left) == (CodeIncorrect, 4)


async def test_decoys_and_real_sign_ups_count_down_alike(door):
    """Wrong codes get the same answers, whether the address is taken or free."""
    await door.created()
    answers = []

    for email in ("ada@example.com", "grace@example.com"):
        handle, letter = await sign_up(door, email=email)
        wrong = door.wrong(real_code(door, letter))
        refusals = [await door.refusal(door.verify(verification=handle, code=wrong)) for _ in range(7)]
        answers.append([(type(r), r.args) for r in refusals])

    assert answers[0] == answers[1]


async def test_the_first_to_prove_an_address_wins(door):
    """Several may wait for one address; the account gets the password of the one who proved it."""
    await sign_up(door, password="the password of a stranger")
    handle, letter = await sign_up(door, password=OTHER)
    user = await door.verify(verification=handle, code=letter.code)

    signed_in = await door.sign_in(password=OTHER)

    assert signed_in.user.id == user.id


async def test_the_others_become_decoys(door):
    """After one has won, the others' right codes are wrong."""
    stranger, strangers_letter = await sign_up(door, password="the password of a stranger")
    handle, letter = await sign_up(door)
    await door.verify(verification=handle, code=letter.code)

    refusal = await door.refusal(door.verify(verification=stranger, code=strangers_letter.code))

    assert type(refusal) is CodeIncorrect


async def test_decoys_stay_decoys_when_the_account_is_closed(door):
    """A sign-up that has lost its address does not come back to life, not even by its link."""
    loser, losers_letter = await sign_up(door)
    handle, letter = await sign_up(door)
    user = await door.verify(verification=handle, code=letter.code)
    await door.auth.close_account.of(user.id, door.operator, None)

    refusal = await door.refusal(door.verify(verification=loser, link=losers_letter.link))

    assert type(refusal) is LinkExpired


async def test_a_closed_account_frees_its_address_for_a_new_sign_up(door):
    """After an account is closed its address can be proven anew."""
    ada = await door.created()
    await door.auth.close_account.of(ada.id, door.operator, None)
    handle, letter = await sign_up(door)

    user = await door.verify(verification=handle, code=letter.code)

    assert user.email == "ada@example.com"


async def test_a_taken_user_name_is_said_to_be_taken(door):
    """User names are public: only addresses are concealed."""
    await door.auth.register(door.form(username="ada"))

    refusal = await door.refusal(door.auth.register_concealed(door.form("grace@example.com", username="ada")))

    assert (type(refusal), refusal.kind) == (IdentifierTaken, "username")


async def test_a_user_name_that_went_away_meanwhile_is_left_out(door):
    """Two may wait with one user name: the second gets an account without it."""
    first, first_letter = await sign_up(door, username="countess")
    second, second_letter = await sign_up(door, email="grace@example.com", username="countess")
    await door.verify(verification=first, code=first_letter.code)

    user = await door.verify(verification=second, code=second_letter.code)

    assert user.username is None


async def test_a_user_name_belongs_to_the_first_who_proves_an_address(door):
    """The winner of a user name keeps it."""
    handle, letter = await sign_up(door, username="countess")
    user = await door.verify(verification=handle, code=letter.code)

    found = await door.store.users.find(parse_username("countess"))

    assert found.id == user.id


async def test_an_address_that_was_taken_meanwhile_is_not_taken_again(door):
    """An administrator may have created the account while the sign-up waited: its proof comes too late."""
    handle, letter = await sign_up(door)
    await door.created()

    refusal = await door.refusal(door.verify(verification=handle, code=letter.code))

    assert type(refusal) is LinkExpired


async def test_a_closed_door_takes_no_sign_ups(engine):
    """Where strangers cannot sign up, they are told so."""
    door = engine("modern", registration=RegistrationPolicy(open=False))

    refusal = await door.refusal(door.auth.register_concealed(door.form()))

    assert type(refusal) is RegistrationClosed


@pytest.mark.parametrize(
    ("taken", "noted"), [(False, ["VERIFICATION_SENT", "SIGNUP_PENDING"]), (True, ["SIGNUP_REFUSED"])]
)
async def test_the_audit_log_knows_what_the_answer_conceals(door, taken, noted):
    """Operators see whether a sign-up met a taken address."""
    if taken:
        await door.created()

    await sign_up(door)

    assert (await door.audit())[: len(noted)] == noted


async def test_a_mail_to_an_unproven_address_carries_no_name(door):
    """Whoever signs up with a stranger's address cannot choose words that the stranger reads."""
    letter = (await sign_up(door, first_name="Click here"))[1]

    assert "Click here" not in letter.text
