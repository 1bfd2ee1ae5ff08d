"""Verifying an address by code or link."""

import pytest

from doorward.domain.errors import (
    CodeExpired,
    CodeIncorrect,
    InvalidCredentials,
    InvalidInput,
    LinkExpired,
    LinkInvalid,
)
from doorward.domain.password import Password
from doorward.domain.policies.verification import VerificationPolicy
from doorward.ports.secrets import TokenKind, TokenRef
from doorward.use_cases.resend_code import ResendToUser
from doorward.use_cases.set_user_status import StatusAction

RIGHT = "correct horse battery staple"


@pytest.fixture
async def concealed(engine):
    """Ada's concealed sign-up, whose link needs proof of having begun it."""
    door = engine("modern")
    door.handle = await door.auth.register_concealed(door.form())
    return door


@pytest.fixture
async def code_beside_link(engine):
    """Ada's account where the link needs the code beside it."""
    door = engine("link-activation")
    await door.auth.register(door.form())
    return door


@pytest.fixture
async def revealed(engine):
    """Ada's account where the link needs proof of having begun the sign-up."""
    door = engine("link-activation", verification=VerificationPolicy())
    await door.auth.register(door.form())
    return door


def missing(refusal):
    return [(v.pointer, v.code) for v in refusal.violations]


# The link needs the code


async def test_link_and_code_verify(code_beside_link):
    """Where the link needs the code, both together prove the address."""
    letter = await code_beside_link.deliver()

    user = await code_beside_link.verify(link=letter.link, code=letter.code)

    assert user.is_verified


async def test_the_link_alone_proves_nothing(code_beside_link):
    """Where the link needs the code, a missing code is bad input."""
    letter = await code_beside_link.deliver()

    refusal = await code_beside_link.refusal(code_beside_link.verify(link=letter.link))

    assert missing(refusal) == [("/code", "required")]


async def test_a_wrong_code_beside_the_link_is_counted(code_beside_link):
    """The link gives no extra guesses at the code."""
    letter = await code_beside_link.deliver()
    wrong = code_beside_link.wrong(letter.code)

    refusal = await code_beside_link.refusal(code_beside_link.verify(link=letter.link, code=wrong))

    assert (type(refusal), refusal.attempts_left) == (CodeIncorrect, 4)


async def test_the_link_ends_with_its_minute(code_beside_link):
    """After its lifetime the link leads nowhere."""
    letter = await code_beside_link.deliver()
    code_beside_link.clock.advance(minutes=1)

    refusal = await code_beside_link.refusal(code_beside_link.verify(link=letter.link, code=letter.code))

    assert type(refusal) is LinkExpired


async def test_a_link_is_good_once(code_beside_link):
    """What has verified an address is spent."""
    letter = await code_beside_link.deliver()
    await code_beside_link.verify(link=letter.link, code=letter.code)

    refusal = await code_beside_link.refusal(code_beside_link.verify(link=letter.link, code=letter.code))

    assert type(refusal) is LinkExpired


async def test_a_link_and_a_code_prove_a_concealed_sign_up_too(engine):
    """Where duplicates are concealed and the link needs the code, both together make the account."""
    door = engine("modern", verification=VerificationPolicy(link_needs="code"))
    await door.auth.register_concealed(door.form())
    letter = await door.deliver()

    user = await door.verify(link=letter.link, code=letter.code)

    assert user.email == "ada@example.com"


# The link needs proof of having begun the sign-up


async def test_link_and_handle_verify(concealed):
    """Who holds the handle of the sign-up has begun it."""
    letter = await concealed.deliver()

    user = await concealed.verify(link=letter.link, verification=concealed.handle)

    assert user.is_verified


async def test_link_and_password_verify(concealed):
    """On another device the password of the sign-up shows who began it."""
    letter = await concealed.deliver()

    user = await concealed.verify(link=letter.link, password=RIGHT)

    assert user.is_verified


async def test_a_click_verifies_nobody(concealed):
    """Whoever gets the mail of a stranger's sign-up cannot complete it by following the link."""
    letter = await concealed.deliver()

    refusal = await concealed.refusal(concealed.verify(link=letter.link))

    assert missing(refusal) == [("/password", "required")]


async def test_a_code_beside_the_link_is_no_proof_of_having_begun(concealed):
    """Code and link come in the same mail: together they prove no more than one."""
    letter = await concealed.deliver()

    refusal = await concealed.refusal(concealed.verify(link=letter.link, code=letter.code))

    assert missing(refusal) == [("/password", "required")]


async def test_the_handle_of_another_sign_up_is_refused(concealed):
    """A handle fits its own link only."""
    letter = await concealed.deliver()
    other = await concealed.auth.register_concealed(concealed.form("grace@example.com"))

    refusal = await concealed.refusal(concealed.verify(link=letter.link, verification=other))

    assert type(refusal) is LinkInvalid


@pytest.mark.parametrize("handle", ["nonsense", "A" * 54])
async def test_a_handle_that_was_not_made_here_is_refused(concealed, handle):
    """Nobody can make a handle up."""
    letter = await concealed.deliver()

    refusal = await concealed.refusal(concealed.verify(link=letter.link, verification=handle))

    assert type(refusal) is LinkInvalid


async def test_a_wrong_password_beside_the_link_is_refused(concealed):
    """The answer is the one of every wrong password."""
    letter = await concealed.deliver()

    refusal = await concealed.refusal(concealed.verify(link=letter.link, password="wrong password"))

    assert type(refusal) is InvalidCredentials


async def test_passwords_beside_the_link_are_counted(concealed):
    """Five wrong passwords use the link up."""
    letter = await concealed.deliver()
    for _ in range(5):
        await concealed.refusal(concealed.verify(link=letter.link, password="wrong password"))

    refusal = await concealed.refusal(concealed.verify(link=letter.link, password=RIGHT))

    assert type(refusal) is CodeExpired


async def test_an_account_is_verified_by_link_and_password(revealed):
    """Where duplicates are revealed, the account's own password is the proof."""
    letter = await revealed.deliver()

    user = await revealed.verify(link=letter.link, password=RIGHT)

    assert user.is_verified


async def test_a_wrong_password_verifies_no_account(revealed):
    """The link of an account needs its password, too."""
    letter = await revealed.deliver()

    refusal = await revealed.refusal(revealed.verify(link=letter.link, password="wrong password"))

    assert type(refusal) is InvalidCredentials


async def test_a_sign_up_that_is_forgotten_cannot_be_proven(concealed):
    """When the waiting sign-up is gone, its link leads nowhere."""
    letter = await concealed.deliver()
    concealed.store.registrations.rows.clear()

    refusal = await concealed.refusal(concealed.verify(link=letter.link, password=RIGHT))

    assert type(refusal) is LinkExpired


# Links and handles


@pytest.mark.parametrize("token", ["nonsense", "A" * 54, "é" * 54])
async def test_a_link_that_was_not_made_here_is_invalid(revealed, token):
    """Nobody can make a link up."""
    refusal = await revealed.refusal(revealed.verify(token=token, password=RIGHT))

    assert type(refusal) is LinkInvalid


async def test_a_link_to_something_forgotten_has_expired(revealed):
    """A link of ours whose challenge is gone was good once."""
    letter = await revealed.deliver()
    revealed.store.challenges.rows.clear()

    refusal = await revealed.refusal(revealed.verify(link=letter.link, password=RIGHT))

    assert type(refusal) is LinkExpired


async def test_a_new_mail_replaces_the_link(revealed):
    """Only the newest link is good."""
    letter = await revealed.deliver()
    revealed.clock.advance(seconds=30)
    again = ResendToUser(identifier="ada@example.com", password=Password(RIGHT))
    await revealed.auth.resend_code.to_user(again)

    refusal = await revealed.refusal(revealed.verify(link=letter.link, password=RIGHT))

    assert type(refusal) is LinkExpired


async def test_links_that_are_switched_off_are_invalid(engine):
    """Where mails have no link, no link is taken."""
    door = engine("code-activation")
    ada = await door.auth.register(door.form())
    challenge = next(c for c in door.store.challenges.rows.values() if c.subject_id == ada.id)
    token = door.secrets.token(TokenKind.VERIFY_LINK, TokenRef(challenge.id))

    refusal = await door.refusal(door.verify(token=token, password=RIGHT))

    assert type(refusal) is LinkInvalid


@pytest.mark.parametrize(
    ("proof", "pointers"),
    [
        ({}, ["/verification", "/code"]),
        ({"code": "123456"}, ["/verification"]),
        ({"verification": "x"}, ["/code"]),
        ({"password": RIGHT}, ["/verification", "/code"]),
    ],
)
async def test_missing_parts_of_a_proof_are_named(concealed, proof, pointers):
    """Without a link, handle and code are both needed."""
    refusal = await concealed.refusal(concealed.verify(**proof))

    assert missing(refusal) == [(pointer, "required") for pointer in pointers]


async def test_a_code_with_a_made_up_handle_is_refused(concealed):
    """A handle that was not made here is no handle."""
    refusal = await concealed.refusal(concealed.verify(verification="nonsense", code="123456"))

    assert type(refusal) is LinkInvalid


async def test_a_code_for_a_forgotten_sign_up_has_expired(concealed):
    """A handle of ours whose sign-up is gone was good once."""
    letter = await concealed.deliver()
    concealed.clock.advance(days=30)
    await concealed.auth.purge_expired()

    refusal = await concealed.refusal(concealed.verify(verification=concealed.handle, code=letter.code))

    assert type(refusal) is CodeExpired


async def test_proving_an_address_again_keeps_the_first_moment(revealed):
    """Somebody whom an operator has verified already may still follow the link."""
    letter = await revealed.deliver()
    ada = await revealed.user()
    verified = await revealed.auth.set_user_status(ada.id, StatusAction.VERIFY, revealed.operator)
    revealed.clock.advance(minutes=5)

    user = await revealed.verify(link=letter.link, password=RIGHT)

    assert user.verified_at == verified.verified_at


async def test_a_proof_is_audited(concealed):
    """Sign-up and proof both stand in the new account's log."""
    letter = await concealed.deliver()

    user = await concealed.verify(verification=concealed.handle, code=letter.code)

    assert await concealed.audit(user_id=user.id) == ["EMAIL_VERIFIED", "SIGNUP"]


async def test_missing_input_is_told_as_input(concealed):
    """A missing part is the caller's mistake, not a wrong proof."""
    refusal = await concealed.refusal(concealed.verify())

    assert type(refusal) is InvalidInput


async def test_whether_a_link_is_whole_can_be_told_at_once(concealed, engine):
    """By its token alone, whatever became of what it stands for; where there are no links, none is."""
    letter = await concealed.deliver()
    token, link_method = concealed.token(letter.link), concealed.auth.verify_email.codes
    concealed.clock.advance(days=30)
    await concealed.auth.purge_expired()

    assert link_method.is_link(token)
    assert not link_method.is_link(token[:-1])
    assert not link_method.is_link(concealed.handle)
    assert not engine("code-activation").auth.verify_email.codes.is_link(token)
