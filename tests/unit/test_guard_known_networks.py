"""Networks from which the owner signs in: a flood from elsewhere does not reach him there."""

from doorward.domain.errors import TooManyRequests


async def test_whoever_signs_in_again_and_again_stays_known(engine):
    """For thirty days from the last time that it was written down, which is once a day."""
    door = engine("delay")
    await door.created()
    for _ in range(80):
        await door.sign_in(network="192.0.2.1")
        door.clock.advance(hours=12)
    door.clock.advance(days=28)
    for n in range(100):
        await door.refusal(door.sign_in(password="Wrong-Horse-1", network=f"198.51.100.{n}"))

    assert (await door.sign_in(network="192.0.2.1")).user.email == "ada@example.com"


async def test_a_flood_of_guesses_does_not_reach_where_the_owner_is_known(engine):
    """After a hundred failures from everywhere, the network of his last sign-in is still open to him."""
    door = engine("delay")
    await door.created()
    await door.sign_in(network="192.0.2.1")
    for n in range(100):
        await door.refusal(door.sign_in(password="Wrong-Horse-1", network=f"198.51.100.{n}"))

    elsewhere = await door.refusal(door.sign_in(network="192.0.2.2"))

    assert type(elsewhere) is TooManyRequests
    assert (await door.sign_in(network="192.0.2.1")).user.email == "ada@example.com"
