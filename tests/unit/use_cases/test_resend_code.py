"""Sending a new code to an account or to a concealed sign-up."""

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import AlreadyActive, Forbidden, InvalidCredentials, TooManyRequests
from doorward.domain.password import Password
from doorward.ports.writes import AddChallenge, RemoveUser, Stale
from doorward.use_cases.resend_code import ResendToUser


def to_user(door, password="correct horse battery staple"):
    command = ResendToUser(identifier="ada@example.com", password=Password(password), client=door.client)
    return door.auth.resend_code.to_user(command)


async def waiting(engine):
    """An engine where Ada's concealed sign-up waits, past the cooldown of its first mail."""
    door = engine("modern")
    door.handle = await door.auth.register_concealed(door.form(first_name="Ada"))
    door.first = await door.deliver()
    door.clock.advance(seconds=30)
    return door


async def test_a_new_code_needs_the_password(engine):
    """Strangers cannot have mails sent."""
    door = engine("code-activation")
    await door.auth.register(door.form())

    refusal = await door.refusal(to_user(door, "wrong password"))

    assert type(refusal) is InvalidCredentials


@pytest.mark.parametrize(("profile", "verified"), [("code-activation", True), ("signup-signin", False)])
async def test_without_anything_to_verify_no_code_is_sent(engine, profile, verified):
    """Who is verified, and who need not be, gets no mail."""
    door = engine(profile)
    await door.created(verified=verified)

    refusal = await door.refusal(to_user(door))

    assert type(refusal) is AlreadyActive


async def test_the_new_code_of_a_sign_up_is_right(engine):
    """A concealed sign-up is proven with the code of its newest mail."""
    door = await waiting(engine)
    await door.auth.resend_code.to_waiting(door.handle, door.client)
    letter = await door.deliver()

    user = await door.verify(verification=door.handle, code=letter.code)

    assert user.is_verified


async def test_the_old_code_of_a_sign_up_is_wrong(engine):
    """A new code replaces the one before."""
    door = await waiting(engine)
    await door.auth.resend_code.to_waiting(door.handle, door.client)

    refusal = await door.refusal(door.verify(verification=door.handle, code=door.first.code))

    assert refusal.code == "code_incorrect"


@pytest.mark.parametrize("taken", [True, False])
async def test_the_cooldown_is_the_same_for_taken_addresses(engine, taken):
    """How soon a resend is possible does not tell whether an address is taken."""
    door = engine("modern")
    if taken:
        await door.created()
    handle = await door.auth.register_concealed(door.form())

    refusal = await door.refusal(door.auth.resend_code.to_waiting(handle, door.client))

    assert (type(refusal), refusal.retry_after) == (TooManyRequests, 30)


async def test_the_owner_of_a_taken_address_is_told_again(engine):
    """A decoy's new mail has no code, and greets the owner by the account's name."""
    door = engine("modern")
    await door.created(first_name="Ada")
    handle = await door.auth.register_concealed(door.form(first_name="Click here"))
    door.clock.advance(seconds=30)
    await door.auth.resend_code.to_waiting(handle, door.client)

    letter = await door.deliver()

    assert (letter.subject, letter.text.split()[0]) == ("account_exists", "Ada")


async def test_a_mail_to_an_unproven_address_carries_no_name(engine):
    """Whoever signs up with a stranger's address cannot choose words that the stranger reads."""
    door = await waiting(engine)
    await door.auth.resend_code.to_waiting(door.handle, door.client)

    letter = await door.deliver()

    assert letter.text.startswith(" ")


@pytest.mark.parametrize("handle", ["nonsense", "A" * 54])
async def test_a_handle_that_stands_for_nothing_is_answered_alike(engine, handle):
    """No mail is sent and nothing is told."""
    door = engine("modern")
    await door.auth.resend_code.to_waiting(handle, door.client)

    letter = await door.deliver()

    assert letter is None


async def test_an_account_that_is_removed_in_this_moment_gets_no_code(engine):
    """Between the proof of the password and the new code somebody may have been quicker; nothing is left behind."""
    door = engine("code-activation")
    ada = await door.auth.register(door.form())
    await door.deliver()
    door.clock.advance(seconds=30)
    commit = door.store.commit

    async def overtaken(*changes):
        if any(isinstance(change, AddChallenge) for change in changes):
            door.store.commit = commit
            await commit(RemoveUser(ada.id))
        await commit(*changes)

    door.store.commit = overtaken

    refusal = await door.refusal(to_user(door))

    assert isinstance(refusal, Stale)
    assert door.store.challenges.rows == {}


async def test_an_administrator_has_a_code_sent(engine):
    """It replaces the one before, and the log says who asked and why."""
    door = engine("code-activation")
    root, ada = await door.admin(), await door.created(verified=False)
    first = await door.deliver()
    door.clock.advance(minutes=2)

    await door.auth.resend_code.of(ada.id, root, "called us")

    second = await door.deliver()
    assert (len(door.post.letters), second.code == first.code) == (2, False)
    (row,) = [row for row in door.store.audit.rows.values() if row.event_type == "VERIFICATION_REQUESTED"]
    assert (row.user_id, row.details) == (ada.id, {"by": str(root.user.id), "reason": "called us"})


async def test_an_administrator_sends_no_code_where_nothing_is_to_be_verified(engine):
    """Nor to somebody without an address; and nobody else sends any."""
    door = engine("code-activation")
    root, ada = await door.admin(), await door.created()

    assert type(await door.refusal(door.auth.resend_code.of(ada.id, root))) is AlreadyActive
    assert type(await door.refusal(door.auth.resend_code.of(ada.id, Actor(ada)))) is Forbidden
