"""What letters say and to whom: languages, notes to owners, samples, and what an operator may see of them."""

from dataclasses import replace
from uuid import UUID

import pytest

from doorward.domain.actor import Actor, PasswordOwner
from doorward.domain.identifiers import Kind
from doorward.domain.messages import Message, MessageKind
from doorward.domain.password import Password
from doorward.domain.policies.verification import VerificationPolicy
from doorward.methods.letter_mint import HIDDEN
from doorward.use_cases.change_identifier import IdentifierChange
from doorward.use_cases.change_password import PasswordChange
from doorward.use_cases.resend_code import ResendToUser
from doorward.use_cases.reset_password import PasswordReset

RIGHT, NEW = Password("correct horse battery staple"), Password("another fine password")


@pytest.fixture
def door(engine):
    """An engine whose visitors speak German."""
    built = engine("code-activation", verification=replace(VerificationPolicy(), resend_cooldown=None, link=True))
    built.client = replace(built.client, language="de")
    return built


async def signed_in(door, *, verified=True):
    await door.created(verified=verified, first_name="Ada")
    return await door.current()


async def test_letters_are_in_the_language_of_who_caused_them(door):
    """Sign-up, a new code, a forgotten password and a changed address; the intent remembers it."""
    await door.auth.register(door.form())
    first = await door.deliver()
    await door.auth.resend_code.to_user(ResendToUser(identifier="ada@example.com", password=RIGHT, client=door.client))
    second = await door.deliver()
    await door.auth.forgot_password("ada@example.com", door.client)
    third = await door.deliver()

    assert [(mail.subject, mail.language) for mail in (first, second, third)] == [
        ("verify_email", "de"),
        ("verify_email", "de"),
        ("reset_password", "de"),
    ]


async def test_a_concealed_sign_up_is_answered_in_its_language(engine):
    """Both letters, and the codes that are asked for later."""
    door = engine("modern", verification=replace(VerificationPolicy(), resend_cooldown=None))
    door.client = replace(door.client, language="ja")
    handle = await door.auth.register_concealed(door.form())
    door.clock.advance(seconds=1)
    await door.auth.resend_code.to_waiting(handle, replace(door.client, language="fr"))
    await door.deliver()

    assert [mail.language for mail in door.post.letters][-1] == "fr"


async def test_a_change_of_address_speaks_to_both(door):
    """The code to the new one and the note to the old one."""
    current = await signed_in(door)
    change = IdentifierChange(
        current=current, kind=Kind.EMAIL, wanted="eve@example.com", password=RIGHT, client=door.client
    )
    await door.auth.change_identifier.request(change)
    code = (await door.deliver()).code
    await door.auth.change_identifier.confirm(current, Kind.EMAIL, code, door.client)
    await door.deliver()

    assert [(mail.to, mail.subject, mail.language) for mail in door.post.letters] == [
        ("eve@example.com", "change_identifier", "de"),
        ("ada@example.com", "identifier_changed", "de"),
    ]


@pytest.mark.parametrize("verified", [True, False])
async def test_the_owner_is_told_of_a_new_password(engine, verified):
    """At a proven address: another may be a stranger's, who is to get no such letters."""
    door = engine()
    current = await signed_in(door, verified=verified)
    owner = PasswordOwner(current.user, current.session_id)
    await door.auth.change_password(PasswordChange(owner=owner, old=RIGHT, new=NEW, client=door.client))

    await door.deliver()

    told = [(mail.subject, mail.to, mail.code, mail.link) for mail in door.post.letters]
    assert told == [("password_changed", "ada@example.com", None, None)] * verified


async def test_the_owner_is_told_of_a_reset(door):
    """Which has proven the address, whatever it was before."""
    await door.created(verified=False)
    await door.auth.forgot_password("ada@example.com", door.client)
    token = door.token((await door.deliver()).link)
    await door.auth.reset_password(PasswordReset(token=token, new=NEW, client=door.client))

    letter = await door.deliver()

    assert (letter.subject, letter.language) == ("password_changed", "de")


async def test_where_there_is_no_way_nobody_is_told(door):
    """An account of a user name alone."""
    user = await door.created()
    nameless = replace(user, email=None, username="ada")
    door.store.users.rows[user.id] = nameless

    await door.auth.close_account.of(user.id, Actor(None, door.client), None)

    assert await door.deliver() is None


def test_a_sample_of_each_letter(door):
    """With a code as long as the real ones, and links that are good for nothing."""
    mint = door.auth.deliver_messages.mint
    samples = {kind: mint.sample(kind, language="fr") for kind in MessageKind if kind.is_letter}

    assert {mail.language for mail in samples.values()} == {"fr"}
    assert {kind for kind, mail in samples.items() if mail.code} == {kind for kind in samples if kind.has_code}
    assert samples[MessageKind.VERIFY_EMAIL].code == "123456"[: door.auth.policies.verification.code_length]
    assert {kind: mail.link for kind, mail in samples.items() if mail.link} == {
        MessageKind.VERIFY_EMAIL: "https://door.example.com/verify?token=sample",
        MessageKind.RESET_PASSWORD: "https://door.example.com/reset-password?token=sample",
        MessageKind.ACCOUNT_CLOSING: "https://door.example.com/restore-account?token=sample",
    }
    assert mint.sample(MessageKind.VERIFY_EMAIL, to="+4915112345678").html == ""


async def test_an_operator_sees_no_secret_of_a_waiting_letter(door):
    """Code and token are dots."""
    mint = door.auth.deliver_messages.mint
    message = Message(
        id=UUID(int=1),
        kind=MessageKind.VERIFY_EMAIL,
        to="ada@example.com",
        subject_id=UUID(int=2),
        challenge_id=UUID(int=3),
        params={"first_name": "Ada"},
    )

    mail = mint.masked(message)

    assert (mail.code, mail.link) == (HIDDEN, f"https://door.example.com/verify?token={HIDDEN}")
    assert mail.text == f"Ada {mail.code} {mail.link}"
