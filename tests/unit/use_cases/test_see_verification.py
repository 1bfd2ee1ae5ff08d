"""The handle of what waits: by it a browser goes on with a sign-up, and with an account that is not proven yet."""

from uuid import UUID

import pytest

from doorward.domain.errors import CodeExpired, EmailNotVerified, LinkInvalid
from doorward.ports.secrets import TokenKind, TokenRef


async def account(engine, profile="code-activation"):
    """An engine where Ada's account waits, and its handle."""
    door = engine(profile)
    door.ada = await door.auth.register(door.form())
    door.handle = door.auth.verify_email.line.handle_of(door.ada)
    return door


def see(door, handle=None):
    return door.auth.see_verification(handle or door.handle)


async def test_before_the_letter_has_left_there_is_no_end(engine):
    """The minute runs from the hand-over."""
    door = await account(engine)

    awaited = await see(door)

    assert (awaited.address, awaited.code_expires_at) == ("ada@example.com", None)
    assert awaited.asked_at == door.auth.parts.now()


async def test_the_end_of_the_code_is_told(engine):
    """And after it, that there is none."""
    door = await account(engine)
    await door.deliver()
    during = await see(door)
    door.clock.advance(seconds=61)
    after = await see(door)

    assert (during.code_expires_at - door.auth.parts.now()).total_seconds() == -1
    assert after.code_expires_at is None


@pytest.mark.parametrize("taken", [True, False])
async def test_decoys_look_like_any_other(engine, taken):
    """What is awaited does not tell whether an address is taken."""
    door = engine("modern")
    if taken:
        await door.created()
    handle = await door.auth.register_concealed(door.form())
    await door.deliver()

    awaited = await see(door, handle)

    assert awaited.address == "ada@example.com"
    assert (awaited.code_expires_at - door.auth.parts.now()).total_seconds() == 600


async def test_nothing_is_awaited_by_strange_handles(engine):
    """Made up, of nobody, or of somebody who is proven by now."""
    door = await account(engine)
    letter = await door.deliver()
    nobody = door.auth.parts.secrets.token(TokenKind.VERIFICATION, TokenRef(UUID(int=1)))
    await door.verify(verification=door.handle, code=letter.code)

    assert [await see(door, handle) for handle in ("nonsense", nobody, door.handle)] == [None, None, None]


async def test_an_account_is_proven_by_handle_and_code(engine):
    """Without its password: the browser that has the handle has shown it."""
    door = await account(engine)
    letter = await door.deliver()

    user = await door.verify(verification=door.handle, code=letter.code)

    assert (user.id, user.is_verified) == (door.ada.id, True)
    assert type(await door.refusal(door.verify(verification=door.handle, code=letter.code))) is CodeExpired


async def test_a_made_up_handle_proves_nothing(engine):
    """Like a link that was not made here."""
    door = await account(engine)

    assert type(await door.refusal(door.verify(verification="nonsense", code="1234"))) is LinkInvalid


async def test_a_new_code_is_sent_by_handle(engine):
    """The one before is no longer good."""
    door = await account(engine)
    first = await door.deliver()
    door.clock.advance(seconds=31)
    await door.auth.resend_code.to_waiting(door.handle, door.client)
    second = await door.deliver()

    assert (await door.refusal(door.verify(verification=door.handle, code=first.code))).code == "code_incorrect"
    assert (await door.verify(verification=door.handle, code=second.code)).is_verified


async def test_the_right_password_earns_the_handle(engine):
    """Who signs in before the address is proven can go on with that."""
    door = await account(engine)

    refusal = await door.refusal(door.sign_in())

    assert type(refusal) is EmailNotVerified
    assert (await see(door, refusal.verification)).address == "ada@example.com"


async def test_nothing_is_sent_to_whoever_is_proven(engine):
    """The handle of an account that waits no more is answered like any other."""
    door = await account(engine)
    letter = await door.deliver()
    await door.verify(verification=door.handle, code=letter.code)
    door.clock.advance(seconds=31)

    await door.auth.resend_code.to_waiting(door.handle, door.client)

    assert await door.deliver() == letter
