"""Another address or number for one's account: proof of the new, notice to the old, nothing before."""

from dataclasses import replace

import pytest

from doorward.domain.actor import PasswordOwner
from doorward.domain.errors import (
    AccountLocked,
    CodeExpired,
    CodeIncorrect,
    EmailNotVerified,
    IdentifierTaken,
    InvalidInput,
    LinkExpired,
    TokenInvalid,
    WrongPassword,
)
from doorward.domain.identifiers import Identifier, Kind
from doorward.domain.password import Password
from doorward.ports.writes import SaveUser
from doorward.use_cases.change_identifier import IdentifierChange
from doorward.use_cases.change_password import PasswordChange
from doorward.use_cases.reset_password import PasswordReset

RIGHT, NUMBER = "correct horse battery staple", "+4915123456789"


@pytest.fixture(params=["modern", "delay"])
def profile(request):
    """Where taken addresses are concealed, and where they are revealed."""
    return request.param


@pytest.fixture
async def door(engine, profile):
    """An engine where Ada has signed in on two devices."""
    built = engine(profile)
    await built.created(first_name="Ada")
    built.other = await built.sign_in()
    built.current = await built.current()
    return built


async def ask(door, wanted="ada@example.org", *, kind=Kind.EMAIL, password=RIGHT):
    change = IdentifierChange(
        current=door.current, kind=kind, wanted=wanted, password=Password.typed(password), client=door.client
    )
    await door.auth.change_identifier.request(change)
    await door.deliver()
    box = door.post if kind is Kind.EMAIL else door.texts
    return box.letters[-1]


async def confirm(door, code, *, kind=Kind.EMAIL):
    return await door.auth.change_identifier.confirm(door.current, kind, code, door.client)


async def test_the_code_goes_to_the_new_address_and_nothing_changes(door):
    """Until it is entered, the account is found by the old address only."""
    letter = await ask(door)

    assert (letter.to, letter.link, len(letter.code)) == ("ada@example.org", None, 6)
    assert (await door.user()).email == "ada@example.com"
    assert await door.user("ada@example.org") is None


async def test_the_code_changes_the_address(door):
    """From then on the new address signs in and the old one does not."""
    letter = await ask(door)

    user = await confirm(door, letter.code)

    assert (user.email, user.is_verified) == ("ada@example.org", True)
    assert (await door.sign_in("ada@example.org")).user.id == user.id
    assert await door.user() is None


async def test_the_old_address_is_told(door):
    """Whoever loses an account to a thief learns of it, without the thief's address."""
    await confirm(door, (await ask(door)).code)

    await door.deliver()

    notice = door.post.letters[-1]
    assert (notice.to, notice.subject) == ("ada@example.com", "identifier_changed")
    assert (notice.code, notice.link) == (None, None)


async def test_other_sessions_end_and_the_own_one_goes_on(door):
    """A proof ends what was opened before it."""
    await confirm(door, (await ask(door)).code)

    assert type(await door.refusal(door.auth.authenticate(door.other.access.token))) is TokenInvalid
    assert (await door.store.sessions.find(door.current.session_id)).ended_at is None


async def test_reset_links_to_the_old_address_end(door):
    """Whoever still reads the old mailbox cannot take the account back."""
    await door.auth.forgot_password("ada@example.com", door.client)
    await door.deliver()
    token = door.token(door.post.letters[-1].link)
    await confirm(door, (await ask(door)).code)

    reset = PasswordReset(token=token, new=Password("another fine password"), client=door.client)

    assert type(await door.refusal(door.auth.reset_password(reset))) is LinkExpired


async def test_a_reset_ends_changes_that_were_begun_before(door):
    """Who had the account before the owner came back cannot move it away with an old code."""
    letter = await ask(door)
    await door.auth.forgot_password("ada@example.com", door.client)
    await door.deliver()
    token = door.token(door.post.letters[-1].link)
    await door.auth.reset_password(
        PasswordReset(token=token, new=Password("another fine password"), client=door.client)
    )

    assert type(await door.refusal(confirm(door, letter.code))) is CodeExpired


async def test_a_wrong_code_changes_nothing(door):
    """It counts as a try."""
    letter = await ask(door)

    refusal = await door.refusal(confirm(door, door.wrong(letter.code)))

    assert (type(refusal), refusal.attempts_left) == (CodeIncorrect, 4)
    assert (await door.user()).email == "ada@example.com"


async def test_without_a_request_there_is_no_code(door):
    """A code out of the blue proves nothing."""
    assert type(await door.refusal(confirm(door, "123456"))) is CodeExpired


async def test_it_takes_the_password(door):
    """Whoever finds an open session cannot move the account away; it counts as a failed try."""
    refusal = await door.refusal(ask(door, password="wrong password"))

    assert (type(refusal), door.post.letters) == (WrongPassword, [])
    assert (await door.audit())[0] == "PASSWORD_NOT_CONFIRMED"


@pytest.mark.parametrize(
    ("kind", "wanted", "code"),
    [
        (Kind.EMAIL, "nonsense", "invalid_email"),
        (Kind.EMAIL, "ADA@example.com", "unchanged"),
        (Kind.PHONE, "0151 234", "invalid_phone"),
    ],
)
async def test_what_cannot_be_had_is_refused(door, kind, wanted, code):
    """What is no address or number, and what one has already."""
    refusal = await door.refusal(ask(door, wanted, kind=kind))

    assert (type(refusal), refusal.violations[0].code) == (InvalidInput, code)


async def test_a_taken_address_is_revealed_or_concealed(door, profile):
    """Where it is concealed, the answer is as always and the owner gets a letter without a code."""
    await door.created("eve@example.com")

    if profile == "delay":
        assert type(await door.refusal(ask(door, "eve@example.com"))) is IdentifierTaken
        return
    letter = await ask(door, "eve@example.com")

    assert (letter.to, letter.subject, letter.code) == ("eve@example.com", "account_exists", None)


async def test_even_the_right_guess_does_not_take_a_concealed_address(engine):
    """The code of a taken address exists nowhere but in the arithmetic; guessing it proves nothing."""
    door = engine("modern")
    await door.created()
    door.current = await door.current()
    await door.created("eve@example.com")
    await ask(door, "eve@example.com")
    purpose = next(c for c in door.store.challenges.rows.values() if c.target == "eve@example.com")
    code = door.secrets.code(purpose.id, digits=6)

    assert type(await door.refusal(confirm(door, code))) is CodeIncorrect


async def test_an_address_that_is_taken_meanwhile_stays_taken(door, profile):
    """Between request and code somebody else may prove it first."""
    letter = await ask(door)
    await door.created("ada@example.org")

    refusal = await door.refusal(confirm(door, letter.code))

    assert type(refusal) is (IdentifierTaken if profile == "delay" else CodeIncorrect)


async def test_an_address_that_is_taken_in_the_same_moment_stays_taken(door, profile, monkeypatch):
    """The unique index decides, whatever was read before."""
    letter = await ask(door)
    await door.created("ada@example.org")

    async def sees_nobody(identifier):
        return None

    monkeypatch.setattr(door.store.users, "find", sees_nobody)
    refusal = await door.refusal(confirm(door, letter.code))

    assert type(refusal) is (IdentifierTaken if profile == "delay" else CodeExpired)


async def test_an_unproven_account_cannot_be_moved(engine):
    """Whoever signed up with another person's address gets no further with it."""
    door = engine("link-activation")
    await door.created(verified=False)
    door.current = await door.current()

    assert type(await door.refusal(ask(door))) is EmailNotVerified


async def test_a_number_is_proven_by_text_message(door):
    """The first number joins the account, and its owner is told by the address that is there."""
    text = await ask(door, NUMBER, kind=Kind.PHONE)

    user = await confirm(door, text.code, kind=Kind.PHONE)
    await door.deliver()

    assert (text.to, user.phone, user.email) == (NUMBER, NUMBER, "ada@example.com")
    assert await door.store.users.find(Identifier(Kind.PHONE, NUMBER)) == user
    assert (door.post.letters[-1].to, door.post.letters[-1].subject) == ("ada@example.com", "identifier_changed")


async def test_who_has_only_a_name_is_told_by_nobody(door):
    """An imported account without address and number gets its first one; there is no way to tell anybody."""
    user = door.current.user
    nameless = replace(user, email=None, username="countess")
    await door.store.commit(SaveUser(user, nameless))
    door.current = replace(door.current, user=nameless)
    letter = await ask(door)

    await confirm(door, letter.code)
    await door.deliver()

    assert door.post.letters[-1] == letter


async def test_a_new_password_ends_changes_that_were_begun_before(door):
    """Whoever had the session before cannot finish what he began."""
    letter = await ask(door)
    owner = PasswordOwner(door.current.user, door.current.session_id)
    new = Password("another fine password")
    change = PasswordChange(owner=owner, old=Password(RIGHT), new=new, client=door.client)
    await door.auth.change_password(change)

    assert type(await door.refusal(confirm(door, letter.code))) is CodeExpired


async def test_both_steps_are_in_the_audit_log(door):
    """Who looks for it finds when it was asked for and when it happened."""
    await confirm(door, (await ask(door)).code)

    assert (await door.audit())[:2] == ["EMAIL_CHANGED", "IDENTIFIER_CHANGE_REQUESTED"]


async def test_a_locked_account_changes_nothing(engine):
    """What stops sign-in stops this too."""
    door = engine("signup-signin")
    await door.created()
    door.current = await door.current()
    await door.fail(4)

    assert type(await door.refusal(ask(door))) is AccountLocked
