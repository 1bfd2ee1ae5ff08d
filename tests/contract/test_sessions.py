"""Reads of sessions, their rotation and their end, on every storage backend."""

from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.ports.writes import AddSession, EndSession, EndSessions, RotateSession, Stale


async def test_a_session_comes_back_as_it_was_stored(store, make, now):
    """Every member survives storage."""
    session = make.session(
        generation=3,
        rotated_at=now + timedelta(microseconds=1),
        ended_at=now + timedelta(microseconds=2),
        ip_address="2001:db8::1",
        device="Firefox 🦊",
    )
    await store.commit(AddSession(session))

    assert await store.sessions.find(session.id) == session


async def test_an_unknown_session_is_none(store, make):
    """`find` of an id that no session has gives None."""
    assert await store.sessions.find(make.id()) is None


async def test_of_user_lists_those_that_have_not_ended_newest_first(store, make, now):
    """Only this user's sessions, without the ended ones."""
    user = make.id()
    old = make.session(user_id=user, created_at=now - timedelta(days=1))
    twins = [make.session(user_id=user), make.session(user_id=user)]
    ended = make.session(user_id=user, ended_at=now)
    await store.commit(*(AddSession(s) for s in (twins[0], old, ended, make.session(), twins[1])))

    assert list(await store.sessions.of_user(user)) == [twins[1], twins[0], old]


async def test_a_rotation_writes_the_session(store, make, now):
    """The rotated session is what is stored then."""
    session = make.session()
    await store.commit(AddSession(session))
    rotated = session.rotated(now + timedelta(minutes=1))
    await store.commit(RotateSession(rotated))

    assert await store.sessions.find(session.id) == rotated


async def test_a_rotation_needs_the_generation_before(store, make, now):
    """A repeated, a skipping and a backward rotation are Stale."""
    session = make.session(generation=4)
    await store.commit(AddSession(session))
    for generation in (3, 4, 6):
        with pytest.raises(Stale):
            await store.commit(RotateSession(replace(session, generation=generation, rotated_at=now)))

    assert await store.sessions.find(session.id) == session


async def test_an_ended_or_missing_session_does_not_rotate(store, make, now):
    """A rotation cannot bring a session back."""
    ended = make.session(ended_at=now)
    await store.commit(AddSession(ended))
    for session in (replace(ended, ended_at=None), make.session()):
        with pytest.raises(Stale):
            await store.commit(RotateSession(session.rotated(now)))

    assert await store.sessions.find(ended.id) == ended


async def test_one_of_twenty_rotations_at_once_wins(store, make, now, commits):
    """Twenty rotations of one generation at the same time: one goes through."""
    session = make.session()
    await store.commit(AddSession(session))
    rotations = [RotateSession(session.rotated(now + timedelta(seconds=n))) for n in range(20)]

    assert await commits(Stale, rotations) == 1


async def test_a_session_ends_once(store, make, now):
    """The second end is Stale and so is the end of what is not there; the first one's time stays."""
    session = make.session()
    await store.commit(AddSession(session))
    await store.commit(EndSession(session.id, now))
    for session_id in (session.id, make.id()):
        with pytest.raises(Stale):
            await store.commit(EndSession(session_id, now + timedelta(seconds=1)))

    assert await store.sessions.find(session.id) == replace(session, ended_at=now)


@pytest.mark.parametrize("keeps_one", [True, False])
async def test_all_sessions_of_a_user_end_but_the_one_named(store, make, now, keeps_one):
    """Those ended before keep their time, other users' stay, and a user without any is no error."""
    user, earlier = make.id(), now - timedelta(hours=1)
    kept, open_one, ended = (make.session(user_id=user, ended_at=at) for at in (None, None, earlier))
    stranger = make.session()
    await store.commit(*(AddSession(s) for s in (kept, open_one, ended, stranger)))
    await store.commit(EndSessions(user, now, but=kept.id if keeps_one else None), EndSessions(make.id(), now))
    stored = [await store.sessions.find(s.id) for s in (kept, open_one, ended, stranger)]

    assert [s.ended_at for s in stored] == [None if keeps_one else now, now, earlier, None]


async def test_purge_removes_expired_sessions(store, make, now):
    """A session goes when its lifetime is over; one that ended early stays until then."""
    over, ended = make.session(expires_at=now), make.session(ended_at=now)
    await store.commit(AddSession(over), AddSession(ended))

    assert await store.purge(now) == 1
    assert await store.sessions.find(over.id) is None
    assert await store.sessions.find(ended.id) == ended
