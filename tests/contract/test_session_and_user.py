"""A session and whose it is, as every request asks for them."""

from doorward.ports.writes import AddSession, AddUser, EndSession, RemoveUser


async def test_both_are_found_together(store, make):
    """Each as it would be found by itself."""
    user = make.user()
    session = make.session(user_id=user.id, ip_address="2001:db8::1", device="Firefox on Linux", generation=3)
    await store.commit(AddUser(user), AddSession(session))

    assert await store.sessions.with_user(session.id) == (session, user)
    assert await store.sessions.with_user(session.id) == (
        await store.sessions.find(session.id),
        await store.users.get(user.id),
    )


async def test_an_ended_one_is_found_too(store, make, now):
    """Whoever asks judges."""
    user = make.user()
    session = make.session(user_id=user.id)
    await store.commit(AddUser(user), AddSession(session))
    await store.commit(EndSession(session.id, now))

    found = await store.sessions.with_user(session.id)

    assert found is not None
    assert found[0].ended_at == now


async def test_without_one_of_the_two_there_is_nothing(store, make):
    """Neither for an unknown session nor for one whose account is gone."""
    user = make.user()
    session, orphan = make.session(user_id=user.id), make.session()
    await store.commit(AddUser(user), AddSession(session), AddSession(orphan))

    assert await store.sessions.with_user(make.id()) is None
    assert await store.sessions.with_user(orphan.id) is None
    await store.commit(RemoveUser(user.id))
    assert await store.sessions.with_user(session.id) is None
