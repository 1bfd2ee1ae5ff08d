"""Changing a mistyped address before it is proven."""

from dataclasses import replace

import pytest

from doorward.domain.errors import (
    AlreadyActive,
    CodeExpired,
    Forbidden,
    IdentifierTaken,
    InvalidCredentials,
    InvalidInput,
    LinkInvalid,
    TooManyRequests,
)
from doorward.domain.password import Password
from doorward.domain.policies.lockout import LockoutPolicy
from doorward.ports.writes import AddChallenge, Stale
from doorward.use_cases.correct_address import AddressCorrection
from doorward.use_cases.resend_code import ResendToUser

RIGHT = "correct horse battery staple"
MEANT = "ada@example.org"
KINDS = ["modern", "code-activation", "link-activation"]


async def waiting(engine, profile="modern", **policies):
    """An engine where Ada has mistyped her address."""
    door = engine(profile, **policies)
    if door.auth.policies.registration.conceals:
        door.handle = await door.auth.register_concealed(door.form(first_name="Ada"))
    else:
        door.handle = door.auth.verify_email.line.handle_of(await door.auth.register(door.form(first_name="Ada")))
    door.first = await door.deliver()
    door.clock.advance(seconds=1)
    return door


def correction_of(door, email, password):
    return AddressCorrection(email=email, password=Password.typed(password), client=door.client)


def correct(door, email=MEANT, password=RIGHT, handle=None):
    return door.auth.correct_address.of_waiting(handle or door.handle, correction_of(door, email, password))


def correct_account(door, email=MEANT, password=RIGHT, identifier="ada@example.com"):
    return door.auth.correct_address.of_user(identifier, correction_of(door, email, password))


@pytest.mark.parametrize("profile", KINDS)
async def test_the_new_address_is_proven_by_a_new_code(engine, profile):
    """At once, without waiting for the cooldown of the first letter; the names that were typed stay."""
    door = await waiting(engine, profile)

    handle = await correct(door, " Ada@Example.ORG")
    letter = await door.deliver()
    user = await door.verify(verification=handle, code=letter.code)

    assert (letter.to, letter.subject) == (MEANT, "verify_email")
    assert (user.email, user.profile.first_name, user.is_verified) == (MEANT, "Ada", True)
    assert await door.user("ada@example.com") is None
    assert (await door.sign_in(MEANT)).user.id == user.id


@pytest.mark.parametrize("profile", KINDS)
async def test_the_code_of_the_mistyped_address_is_worthless(engine, profile):
    """By whichever handle, and its link too."""
    door = await waiting(engine, profile)
    handle = await correct(door)
    await door.deliver()

    refusals = [
        await door.refusal(door.verify(verification=each, code=door.first.code)) for each in (door.handle, handle)
    ]
    if door.first.link:
        proof = {"link": door.first.link, "code": door.first.code, "password": RIGHT}
        refusals.append(await door.refusal(door.verify(**proof)))

    assert {refusal.code for refusal in refusals} <= {"code_expired", "code_incorrect", "link_expired"}
    assert refusals[1].code == "code_incorrect"


@pytest.mark.parametrize("profile", KINDS)
async def test_a_letter_that_has_not_left_is_not_sent_to_the_mistyped_address(engine, profile):
    """Its challenge has no cause any more."""
    door = engine(profile)
    if profile == "modern":
        door.handle = await door.auth.register_concealed(door.form())
    else:
        door.handle = door.auth.verify_email.line.handle_of(await door.auth.register(door.form()))
    door.clock.advance(seconds=1)
    await correct(door)
    await door.deliver()

    assert [letter.to for letter in door.post.letters] == [MEANT]


@pytest.mark.parametrize("profile", KINDS)
async def test_without_the_password_nothing_changes(engine, profile):
    """A stranger with the handle could redirect the sign-up; the first code stays good."""
    door = await waiting(engine, profile)

    refusal = await door.refusal(correct(door, password="wrong password"))
    await door.deliver()
    user = await door.verify(verification=door.handle, code=door.first.code)

    assert type(refusal) is InvalidCredentials
    assert len(door.post.letters) == 1
    assert user.email == "ada@example.com"


@pytest.mark.parametrize("lockout", [LockoutPolicy(), LockoutPolicy(mode="lock", max_failures=5)])
async def test_wrong_passwords_are_throttled_like_those_of_a_sign_in(engine, lockout):
    """After five the right one waits too, also where accounts are locked; then it counts, and all is forgotten."""
    door = await waiting(engine, lockout=lockout)
    failures = [await door.refusal(correct(door, password="wrong password")) for _ in range(5)]

    throttled = await door.refusal(correct(door))
    door.clock.advance(seconds=30)
    await correct(door)

    assert {type(failure) for failure in failures} == {InvalidCredentials}
    assert (type(throttled), throttled.retry_after) == (TooManyRequests, 30)


@pytest.mark.parametrize("profile", ["code-activation", "link-activation"])
async def test_an_account_has_one_count_of_wrong_passwords(engine, profile):
    """Those of sign-ins and of corrections are added up."""
    door = await waiting(engine, profile)
    for number in range(5):
        await door.refusal(correct(door, password="wrong") if number % 2 else door.sign_in(password="wrong"))

    assert type(await door.refusal(correct(door))) is TooManyRequests


@pytest.mark.parametrize("taken", [True, False])
async def test_wrong_passwords_leave_the_sign_ins_of_the_address_alone(engine, taken):
    """Else their wait would tell that the address has no account, or keep its owner out."""
    door = engine("modern")
    if taken:
        await door.created()
    door.handle = await door.auth.register_concealed(door.form(password="another long phrase"))
    for _ in range(6):
        await door.refusal(correct(door, password="wrong password"))

    refusal = await door.refusal(door.sign_in(password="wrong password", network=door.client.network))

    assert type(refusal) is InvalidCredentials


@pytest.mark.parametrize("taken", [True, False])
async def test_nothing_tells_whether_the_new_address_is_taken(engine, taken):
    """The same answer and what is awaited looks alike; the owner of a taken one gets the usual letter."""
    door = await waiting(engine)
    if taken:
        await door.created(MEANT, first_name="Augusta")

    handle = await correct(door)
    letter = await door.deliver()
    awaited = await door.auth.see_verification(handle)

    assert handle != door.handle
    assert len(handle) == len(door.handle)
    assert (letter.to, letter.subject) == (MEANT, "account_exists" if taken else "verify_email")
    assert letter.text.startswith("Augusta" if taken else " ")
    assert (awaited.address, awaited.code_expires_at is None, awaited.is_correctable) == (MEANT, False, True)
    assert type(await door.refusal(door.auth.resend_code.to_waiting(handle, door.client))) is TooManyRequests
    noted = ["SIGNUP_REFUSED"] if taken else ["VERIFICATION_SENT", "SIGNUP_PENDING"]
    assert (await door.audit())[: len(noted)] == noted


async def test_a_decoy_becomes_a_sign_up_with_an_address_of_its_own(engine):
    """Who has typed somebody else's address by mistake is not lost."""
    door = engine("modern")
    await door.created()
    door.handle = await door.auth.register_concealed(door.form(password="another long phrase"))

    handle = await correct(door, password="another long phrase")
    letter = await door.deliver()

    assert (await door.verify(verification=handle, code=letter.code)).email == MEANT


async def test_where_duplicates_are_revealed_a_taken_address_is_named(engine):
    """Its owner gets no letter, and the one who waits goes on waiting."""
    door = await waiting(engine, "code-activation")
    await door.created(MEANT)

    refusals = [await door.refusal(correct(door)), await door.refusal(correct_account(door))]
    await door.deliver()

    assert [(type(refusal), refusal.kind) for refusal in refusals] == [(IdentifierTaken, "email")] * 2
    assert len(door.post.letters) == 1
    assert (await door.verify(verification=door.handle, code=door.first.code)).email == "ada@example.com"


@pytest.mark.parametrize("profile", KINDS)
@pytest.mark.parametrize(("email", "broken"), [("no address", "invalid_email"), ("ADA@example.com", "unchanged")])
async def test_it_must_be_another_address(engine, profile, email, broken):
    """Anything else is refused at its field."""
    door = await waiting(engine, profile)

    refusal = await door.refusal(correct(door, email))

    assert type(refusal) is InvalidInput
    assert [(violation.pointer, violation.code) for violation in refusal.violations] == [("/email", broken)]


async def test_a_password_that_holds_the_new_address_is_refused(engine):
    """As it would have been at sign-up."""
    door = engine("modern")
    door.handle = await door.auth.register_concealed(door.form(password="lovelacelovelace"))

    refusal = await door.refusal(correct(door, "lovelace@example.org", password="lovelacelovelace"))

    assert [violation.pointer for violation in refusal.violations] == ["/password"]


@pytest.mark.parametrize("profile", KINDS)
async def test_what_is_proven_or_was_never_there_cannot_be_corrected(engine, profile):
    """Neither by its handle nor by one that was made up."""
    door = await waiting(engine, profile)
    await door.verify(verification=door.handle, code=door.first.code)

    assert type(await door.refusal(correct(door))) is CodeExpired
    assert type(await door.refusal(correct(door, handle="nonsense"))) is LinkInvalid


async def test_a_corrected_sign_up_cannot_be_corrected_by_its_old_handle(engine):
    """There is one sign-up, not two."""
    door = await waiting(engine)
    await correct(door)

    assert type(await door.refusal(correct(door, "third@example.org"))) is CodeExpired
    assert len(door.store.registrations.rows) == 1


@pytest.mark.parametrize("profile", KINDS)
async def test_of_two_corrections_at_once_one_comes_about(engine, profile):
    """The other finds that nobody waits there any more."""
    door = await waiting(engine, profile)
    commit = door.store.commit

    async def overtaken(*changes):
        if any(isinstance(change, AddChallenge) for change in changes):
            door.store.commit = commit
            await correct(door, "first@example.org")
        await commit(*changes)

    door.store.commit = overtaken
    refusal = await door.refusal(correct(door))
    await door.deliver()

    assert type(refusal) is CodeExpired
    assert [letter.to for letter in door.post.letters[1:]] == ["first@example.org"]


@pytest.mark.parametrize("profile", KINDS)
async def test_a_correction_that_a_proof_overtakes_changes_nothing(engine, profile):
    """What was proven stays proven."""
    door = await waiting(engine, profile)
    commit = door.store.commit

    async def overtaken(*changes):
        if any(isinstance(change, AddChallenge) for change in changes):
            door.store.commit = commit
            await door.verify(verification=door.handle, code=door.first.code)
        await commit(*changes)

    door.store.commit = overtaken
    refusal = await door.refusal(correct(door))

    assert type(refusal) is CodeExpired
    assert (await door.user()).is_verified
    assert await door.user(MEANT) is None


@pytest.mark.parametrize("profile", KINDS)
async def test_a_proof_that_a_correction_overtakes_proves_nothing(engine, profile):
    """The code was for the other address."""
    door = await waiting(engine, profile)
    commit = door.store.commit

    async def overtaken(*changes):
        door.store.commit = commit
        await correct(door)
        await commit(*changes)

    door.store.commit = overtaken
    refusal = await door.refusal(door.verify(verification=door.handle, code=door.first.code))

    assert type(refusal) is Stale
    assert [user.is_verified for user in door.store.users.rows.values()] in ([], [False])


async def test_a_reset_link_at_the_mistyped_address_ends_too(engine):
    """A reset proves an address: its link would give the account to whoever reads there."""
    door = await waiting(engine, "code-activation")
    await door.auth.forgot_password("ada@example.com", door.client)
    letter = await door.deliver()
    await correct(door)

    refusal = await door.refusal(door.auth.reset_password.check(door.token(letter.link)))

    assert refusal.code == "link_expired"


async def test_an_account_is_corrected_with_identifier_and_password(engine):
    """Where accounts wait, programs need no handle."""
    door = await waiting(engine, "code-activation")

    await correct_account(door)
    letter = await door.deliver()

    assert (await door.activate(letter.code, identifier=MEANT)).email == MEANT
    assert "EMAIL_CHANGED" in await door.audit()


async def test_only_an_account_that_waits_is_corrected(engine):
    """One that is verified changes its address in another way; and the password is asked for first."""
    door = engine("code-activation")
    await door.created()
    off = engine("signup-signin")
    await off.auth.register(off.form())

    assert type(await door.refusal(correct_account(door))) is AlreadyActive
    assert type(await off.refusal(correct_account(off))) is AlreadyActive
    assert type(await door.refusal(correct_account(door, password="wrong"))) is InvalidCredentials


async def test_where_nothing_is_verified_no_handle_counts(engine):
    """Nobody waits there."""
    door = engine("code-activation")
    handle = door.auth.verify_email.line.handle_of(await door.auth.register(door.form()))
    policies = replace(door.auth.policies, verification=replace(door.auth.policies.verification, mode="off"))
    off = engine("code-activation", verification=policies.verification)
    off.store.users = door.store.users

    assert type(await off.refusal(correct(off, handle=handle))) is CodeExpired


async def test_the_operators_accounts_are_corrected_by_the_operator(engine):
    """Where duplicates are concealed: an account holds its address, and that one is taken would show."""
    door = engine("modern")
    ada = await door.created(verified=False)
    handle = door.auth.verify_email.line.handle_of(ada)

    awaited = await door.auth.see_verification(handle)

    assert not awaited.is_correctable
    assert type(await door.refusal(correct(door, handle=handle))) is Forbidden


async def test_the_cooldown_begins_anew_with_a_correction(engine):
    """The letter to the new address is the first there."""
    door = await waiting(engine, "code-activation")
    door.clock.advance(seconds=20)
    await correct(door)
    door.clock.advance(seconds=20)
    again = ResendToUser(identifier=MEANT, password=Password.typed(RIGHT), client=door.client)

    early = await door.refusal(door.auth.resend_code.to_user(again))

    assert (type(early), early.retry_after) == (TooManyRequests, 10)


async def test_a_command_shows_no_secret():
    """Wherever it is written down."""
    assert "secret" not in repr(AddressCorrection(email=MEANT, password=Password("secret")))
