"""What one process changes, another one hears of, where the engine carries messages; nobody relies on it."""

import asyncio
from dataclasses import replace

import pytest

from doorward.domain.user import Profile
from doorward.ports.writes import AddSession, AddUser, EndSession, EndSessions, RemoveUser, SaveUser, Stale

SOON = 5


@pytest.fixture
async def heard(backend, request):
    """What is heard, once a first word has come through."""
    if getattr(getattr(backend.storage, "database", None), "name", None) != "postgresql":
        pytest.skip("this engine carries no messages: what is remembered there ends by its age")
    told = asyncio.Queue()
    make = request.getfixturevalue("make")
    async with backend.storage.listening(told.put_nowait):
        while told.empty():
            nobody = make.user()
            await backend.store.commit(AddUser(nobody))
            await backend.store.commit(RemoveUser(nobody.id))
            await asyncio.sleep(0.05)
        while not told.empty():
            told.get_nowait()
        yield told


async def test_what_is_outdated_is_heard(store, heard, make, now):
    """A session's id where one ended; the user's where all did, where what is shown of him changed, and at the end."""
    user = make.user()
    session = make.session(user_id=user.id)
    renamed = replace(user, profile=Profile(first_name="Augusta"))
    await store.commit(AddUser(user), AddSession(session))
    await store.commit(SaveUser(user, user.signed_in(now)))  # each sign-in does so: of no interest to anybody

    changes = (EndSession(session.id, now), EndSessions(user.id, now), SaveUser(user, renamed), RemoveUser(user.id))
    for change in changes:
        await store.commit(change)

    told = [await asyncio.wait_for(heard.get(), SOON) for _ in changes]
    assert told == [[session.id], [user.id], [user.id], [user.id]]


async def test_a_commit_that_fails_is_not_heard(store, heard, make, now):
    """What did not happen is told to nobody."""
    user = make.user()
    session = make.session(user_id=user.id)
    await store.commit(AddUser(user), AddSession(session))
    with pytest.raises(Stale):
        await store.commit(EndSession(session.id, now), EndSession(make.id(), now))
    await store.commit(EndSession(session.id, now))

    assert await asyncio.wait_for(heard.get(), SOON) == [session.id]
    assert heard.empty()


async def test_listening_ends(backend):
    """On every engine, without anybody waiting."""
    if backend.storage is None:
        pytest.skip("the memory of one process has nobody to hear of")
    async with asyncio.timeout(SOON), backend.storage.listening(lambda _: None):
        await backend.storage.store.check()
