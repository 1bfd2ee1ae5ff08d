"""Reads of concealed sign-ups, on every storage backend."""

from datetime import date, timedelta

import pytest

from doorward.domain.user import Profile
from doorward.ports.writes import AddChallenge, AddRegistration, RemoveRegistration, SettleRegistrations, Stale


async def test_a_registration_comes_back_as_it_was_stored(store, make, now):
    """Every member survives storage."""
    profile = Profile(
        first_name="Zoë",
        last_name="🦊",
        date_of_birth=date(1990, 1, 1),
        date_of_joining=date(2020, 1, 1),
        address="a\nb",
        comments="c",
    )
    waiting = make.registration(username="zoe", profile=profile, is_decoy=True, expires_at=now + timedelta(seconds=1))
    await store.commit(AddRegistration(waiting))

    assert await store.registrations.find(waiting.id) == waiting


async def test_an_unknown_registration_is_none(store, make):
    """`find` of an id that no sign-up has gives None."""
    assert await store.registrations.find(make.id()) is None


async def test_several_can_wait_for_one_address(store, make):
    """Sign-ups for the same address and user name stand beside each other."""
    waiting = [make.registration(username="ada") for _ in range(3)]
    await store.commit(*(AddRegistration(one) for one in waiting))

    assert [await store.registrations.find(one.id) for one in waiting] == waiting


async def test_settling_removes_the_winner_and_makes_the_others_decoys(store, make):
    """The others that wait for the address become decoys; those for other addresses stay as they are."""
    winner, loser, stranger = make.registration(), make.registration(), make.registration(email="b@example.org")
    await store.commit(*(AddRegistration(one) for one in (winner, loser, stranger)))
    await store.commit(SettleRegistrations(winner.id, winner.email))
    left = await store.registrations.find(loser.id)

    assert await store.registrations.find(winner.id) is None
    assert left is not None
    assert left.is_decoy
    assert await store.registrations.find(stranger.id) == stranger


async def test_a_removed_registration_takes_its_challenges_along(store, make):
    """What waits elsewhere stays; and it can be removed once."""
    gone, other = make.registration(), make.registration()
    challenges = [make.challenge(subject_id=one.id) for one in (gone, gone, other)]
    await store.commit(AddRegistration(gone), AddRegistration(other), *(AddChallenge(one) for one in challenges))

    await store.commit(RemoveRegistration(gone.id))

    assert await store.registrations.find(gone.id) is None
    assert [await store.challenges.find(one.id) for one in challenges] == [None, None, challenges[2]]
    assert await store.registrations.find(other.id) == other


async def test_a_commit_that_removes_what_is_gone_is_stale(store, make):
    """Nothing of it happens."""
    gone, another = make.registration(), make.registration()
    await store.commit(AddRegistration(gone))
    await store.commit(RemoveRegistration(gone.id))

    with pytest.raises(Stale):
        await store.commit(RemoveRegistration(gone.id), AddRegistration(another))

    assert await store.registrations.find(another.id) is None


async def test_purge_removes_expired_registrations(store, make, now):
    """A sign-up whose time is over goes, at that very moment; one that still waits stays."""
    over, open_one = make.registration(expires_at=now), make.registration(expires_at=now + timedelta(microseconds=1))
    await store.commit(AddRegistration(over), AddRegistration(open_one))

    assert await store.purge(now) == 1
    assert await store.registrations.find(over.id) is None
    assert await store.registrations.find(open_one.id) == open_one
