"""Forgetting what has expired."""


async def test_what_has_expired_is_removed(engine):
    """Sign-ups, challenges, sessions and tallies go when their time is over."""
    door = engine("modern")
    await door.created()
    await door.sign_in()
    await door.auth.register_concealed(door.form("grace@example.com"))
    await door.fail(1)
    door.clock.advance(days=31)

    await door.auth.purge_expired()
    left = (door.store.registrations, door.store.challenges, door.store.sessions, door.counters)

    assert [part.rows for part in left] == [{}, {}, {}, {}]


async def test_what_still_counts_stays(engine):
    """Nothing that somebody could still use is removed."""
    door = engine("modern")
    await door.created()
    signed_in = await door.sign_in()
    await door.fail(1)
    door.clock.advance(minutes=10)
    await door.auth.purge_expired()

    current = await door.auth.authenticate(signed_in.access.token)

    assert current.session_id == signed_in.session.id


async def test_the_number_of_removed_records_is_told(engine):
    """Operators see what a purge has done: one session, the two tallies of its sign-in, and the network."""
    door = engine("delay")
    await door.created()
    await door.sign_in()
    door.clock.advance(days=31)

    count = await door.auth.purge_expired()

    assert count == 4


async def test_a_purge_changes_no_answer(engine):
    """Expiry is judged at use: with or without a purge an old code is too late."""
    door = engine("code-activation")
    await door.auth.register(door.form())
    letter = await door.deliver()
    door.clock.advance(minutes=1)
    before = await door.refusal(door.activate(letter.code))
    await door.auth.purge_expired()

    after = await door.refusal(door.activate(letter.code))

    assert type(after) is type(before)
