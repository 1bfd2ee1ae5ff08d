"""What has become of what stands in a letter."""

import pytest

from doorward.domain.password import Password
from doorward.use_cases.correct_address import AddressCorrection
from doorward.use_cases.reset_password import PasswordReset

RIGHT = "correct horse battery staple"


@pytest.fixture
async def door(engine):
    """An engine where Ada waits, and her letter."""
    built = engine("modern")
    built.handle = await built.auth.register_concealed(built.form())
    built.letter = await built.deliver()
    built.clock.advance(seconds=31)
    return built


async def states(door):
    return [await door.auth.see_letter(letter) for letter in door.post.letters]


async def test_a_letter_is_good_until_a_newer_one_comes(door):
    """To the same sign-up."""
    before = await states(door)
    await door.auth.resend_code.to_waiting(door.handle, door.client)
    await door.deliver()

    assert (before, await states(door)) == (["good"], ["replaced", "good"])


async def test_two_sign_ups_for_one_address_replace_nothing_of_each_other(door):
    """Either may be proven."""
    await door.auth.register_concealed(door.form())
    await door.deliver()

    assert await states(door) == ["good", "good"]


async def test_a_letter_to_an_address_that_was_corrected_is_over(door):
    """And so is one that was used."""
    correction = AddressCorrection(email="ada@example.org", password=Password(RIGHT), client=door.client)
    handle = await door.auth.correct_address.of_waiting(door.handle, correction)
    letter = await door.deliver()
    before = await states(door)
    await door.verify(verification=handle, code=letter.code)

    assert (before, await states(door)) == (["over", "good"], ["over", "over"])


async def test_a_letter_ends_with_its_time(door):
    """A day for the link."""
    door.clock.advance(hours=23)
    before = await states(door)
    door.clock.advance(hours=1)

    assert (before, await states(door)) == (["good"], ["over"])


async def test_links_for_a_new_password_stand_beside_each_other(engine):
    """Until one of them is used; what only tells something is never over."""
    door = engine("signup-signin")
    await door.created()
    for _ in range(2):
        await door.auth.forgot_password("ada@example.com", door.client)
        await door.deliver()
        door.clock.advance(seconds=1)
    before = await states(door)
    token = door.token(door.post.letters[0].link)
    await door.auth.reset_password(PasswordReset(token=token, new=Password("another long phrase"), client=door.client))
    await door.deliver()

    assert before == ["good", "good"]
    assert (await states(door))[2:] == ["good"]
    assert (await states(door))[0] == "over"
