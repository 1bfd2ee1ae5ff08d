"""Signing up where a taken identifier is said to be taken."""

import asyncio

import pytest

from doorward.adapters.hashing import PooledPasswordHasher
from doorward.domain.errors import Busy, IdentifierTaken, InvalidInput, RegistrationClosed
from doorward.domain.password import Password
from doorward.domain.policies.hashing import HashingPolicy
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.domain.policies.verification import VerificationPolicy
from doorward.use_cases.resend_code import ResendToUser

RIGHT = "correct horse battery staple"


async def test_a_sign_up_makes_an_account(engine):
    """Who has signed up can sign in."""
    door = engine()
    ada = await door.auth.register(door.form())

    signed_in = await door.sign_in()

    assert signed_in.user.id == ada.id


async def test_the_profile_is_kept(engine):
    """What was told at sign-up stands in the account."""
    door = engine()

    ada = await door.auth.register(door.form(first_name="Ada", last_name="Lovelace"))

    assert (ada.profile.first_name, ada.profile.last_name) == ("Ada", "Lovelace")


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@EXAMPLE.COM", "ada@example.com "])
async def test_a_taken_address_is_refused_in_any_spelling(engine, email):
    """One mailbox has one account."""
    door = engine()
    await door.auth.register(door.form())

    refusal = await door.refusal(door.auth.register(door.form(email)))

    assert (type(refusal), refusal.kind) == (IdentifierTaken, "email")


async def test_a_taken_user_name_is_refused(engine):
    """The refusal says which identifier is taken."""
    door = engine()
    await door.auth.register(door.form(username="ada"))

    refusal = await door.refusal(door.auth.register(door.form("grace@example.com", username="ADA")))

    assert refusal.kind == "username"


async def test_of_parallel_sign_ups_one_wins(engine):
    """The address is taken by adding it; that it was free a moment ago counts for nothing."""
    door = engine()

    outcomes = await asyncio.gather(*(door.auth.register(door.form()) for _ in range(8)), return_exceptions=True)

    assert sum(isinstance(outcome, IdentifierTaken) for outcome in outcomes) == 7


async def test_a_refused_sign_up_costs_a_hash_too(engine):
    """Time does not tell what the answer will be: a taken address waits for a hashing slot like any other."""
    narrow = PooledPasswordHasher(HashingPolicy(memory_kib=8, time_cost=1, slots=1, queue=0))
    door = engine(hasher=narrow)
    await door.auth.register(door.form())

    outcomes = await asyncio.gather(*(door.refusal(door.auth.register(door.form())) for _ in range(2)))
    narrow.close()

    assert [type(outcome) for outcome in outcomes] == [IdentifierTaken, Busy]


async def test_a_refused_sign_up_is_audited_without_the_address(engine):
    """The log keeps a masked form."""
    door = engine()
    await door.auth.register(door.form())
    await door.refusal(door.auth.register(door.form()))

    row = next(row for row in door.store.audit.rows.values() if row.event_type == "SIGNUP_REFUSED")

    assert row.details["identifier"] == "a***@e***"


async def test_bad_input_adds_nothing(engine):
    """A password that breaks rules makes no account."""
    door = engine()

    refusal = await door.refusal(door.auth.register(door.form(password="short")))

    assert (type(refusal), await door.user()) == (InvalidInput, None)


async def test_a_closed_door_takes_no_sign_ups(engine):
    """Where strangers cannot sign up, they are told so."""
    door = engine(registration=RegistrationPolicy(duplicates="reveal", open=False))

    refusal = await door.refusal(door.auth.register(door.form()))

    assert type(refusal) is RegistrationClosed


@pytest.mark.parametrize(("profile", "mails"), [("signup-signin", 0), ("code-activation", 1), ("link-activation", 1)])
async def test_a_code_is_mailed_where_addresses_are_verified(engine, profile, mails):
    """Without verification a sign-up sends nothing."""
    door = engine(profile)
    await door.auth.register(door.form())

    await door.deliver()

    assert len(door.post.letters) == mails


@pytest.mark.parametrize("by_operator", [False, True])
async def test_a_refused_sign_up_costs_the_owner_no_letter(engine, clock, by_operator):
    """Only so many letters go to an address in an hour; strangers cannot use them up with sign-ups that are refused."""
    door = engine("code-activation")
    ada = await door.auth.register(door.form())
    for _ in range(door.auth.policies.verification.max_letters_per_hour):
        again = door.created(verified=False) if by_operator else door.auth.register(door.form())
        await door.refusal(again)
    clock.advance(minutes=1)

    typed = Password.typed(RIGHT)
    await door.auth.resend_code.to_user(ResendToUser(identifier=ada.email, password=typed, client=door.client))

    await door.deliver()
    assert len([letter for letter in door.post.letters if letter.to == ada.email]) == 1


async def test_a_taken_address_is_said_to_be_taken_when_its_tries_are_spent(engine):
    """Guessing at the owner's code changes nothing in what strangers are answered."""
    door = engine("code-activation", verification=VerificationPolicy(code_length=4, max_tries_per_hour=1, link=False))
    await door.auth.register(door.form())
    letter = await door.deliver()
    await door.refusal(door.activate(door.wrong(letter.code)))

    refusal = await door.refusal(door.auth.register(door.form()))

    assert type(refusal) is IdentifierTaken
