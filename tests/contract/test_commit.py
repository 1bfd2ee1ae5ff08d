"""Commits: every kind of change, all or nothing, on every storage backend."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from doorward.domain.challenge import Purpose
from doorward.domain.errors import IdentifierTaken, LastAdmin, NotFound
from doorward.domain.events import EventType
from doorward.domain.identifiers import Identifier, Kind
from doorward.domain.signing import SigningKey
from doorward.domain.user import Profile, Role, Status
from doorward.ports import writes
from doorward.ports.store import AuditQuery, UserQuery
from doorward.ports.writes import (
    AddChallenge,
    AddFormerPassword,
    AddLoginAttempt,
    AddRegistration,
    AddSession,
    AddUser,
    ConsumeChallenge,
    ConsumeChallenges,
    CountFailedAttempt,
    EndSession,
    EndSessions,
    HandOver,
    PutSigningKey,
    Record,
    RemoveRegistration,
    RemoveUser,
    ReviveDeliveries,
    RotateSession,
    SaveUser,
    Send,
    SettleRegistrations,
    Stale,
)

EVERYBODY = UserQuery(limit=100)
CHANGES = tuple(kind for kind in get_args(writes.Write) if kind is not writes.KeepAdmin)  # it only judges


@pytest.fixture
async def scene(store, make, now):
    """An account with everything that can hang on one, and one change of each kind that would go through."""
    user, taken = make.user(), make.user(email="taken@example.org", username="taken")
    waiting, losing, leaving = make.registration(), make.registration(), make.registration()
    waits = make.message()
    challenge, other = make.challenge(subject_id=user.id), make.challenge(subject_id=user.id)
    session, ending = make.session(user_id=user.id), make.session(user_id=user.id)
    await store.commit(
        AddUser(user),
        AddUser(taken),
        AddFormerPassword(user.id, "old hash", now, 5),
        AddRegistration(waiting),
        AddRegistration(losing),
        AddRegistration(leaving),
        AddChallenge(challenge),
        AddChallenge(other),
        AddSession(session),
        AddSession(ending),
        Record(make.event(user_id=user.id)),
        AddLoginAttempt(make.attempt(user_id=user.id)),
        Send(waits, now),
    )
    later = now + timedelta(minutes=1)
    changes = (
        AddUser(make.user(username="new")),
        SaveUser(user, replace(user, username="renamed", status=Status.LOCKED), guard=("status",)),
        CountFailedAttempt(user.id),
        AddFormerPassword(user.id, "newer hash", later, 5),
        AddRegistration(make.registration()),
        SettleRegistrations(waiting.id, waiting.email),
        RemoveRegistration(leaving.id),
        AddChallenge(make.challenge(subject_id=user.id)),
        HandOver(challenge.handed_over(later, code_ttl=timedelta(minutes=5), link_ttl=None)),
        ConsumeChallenge(challenge.id, later),
        ConsumeChallenges(user.id, Purpose.VERIFY_EMAIL, later),
        AddSession(make.session(user_id=user.id)),
        RotateSession(session.rotated(later)),
        EndSession(ending.id, later),
        EndSessions(user.id, later),
        PutSigningKey(SigningKey(generation=2, created_at=later, signs_from=later)),
        Record(make.event(user_id=user.id)),
        AddLoginAttempt(make.attempt(user_id=user.id)),
        Send(make.message(), later),
        ReviveDeliveries((waits.id,), later),
        RemoveUser(user.id),
    )
    return Scene(user, taken, (waiting, losing, leaving), (challenge, other), (session, ending), waits, changes)


class Scene:
    def __init__(self, user, taken, registrations, challenges, sessions, waits, changes):
        self.user, self.taken, self.waits, self.changes = user, taken, waits, changes
        self.registrations, self.challenges, self.sessions = registrations, challenges, sessions

    def change(self, kind):
        return next(change for change in self.changes if type(change) is kind)

    async def photograph(self, backend):
        """Everything that can be read."""
        store = backend.store
        users = (await store.users.page(EVERYBODY)).items
        added = [self.change(kind) for kind in (AddRegistration, AddChallenge, AddSession)]
        named = [Identifier(Kind.USERNAME, name) for name in ("new", "renamed")]
        return (
            list(users),
            [await store.users.find(identifier) for identifier in named],
            list(await store.users.former_passwords(self.user.id, 9)),
            [await store.registrations.find(r.id) for r in (*self.registrations, added[0].registration)],
            [await store.challenges.find(c.id) for c in (*self.challenges, added[1].challenge)],
            [await store.sessions.find(s.id) for s in (*self.sessions, added[2].session)],
            list(await store.signing_keys.listed()),
            list((await store.audit.page(AuditQuery())).items),
            list(await store.audit.login_attempts(self.user.id, 9)),
            dict(await backend.outbox.depth()),
            await backend.outbox.find(self.waits.id),
        )


# A bare condition changes nothing; test_last_admin.py is about it.
CHANGES = [kind for kind in get_args(writes.Write) if kind is not writes.KeepAdmin]


def test_the_scene_has_every_kind_of_change(scene):
    """A new kind of change must be added to the scene, or nothing here would test it."""
    assert {type(change) for change in scene.changes} == set(CHANGES)


@pytest.mark.parametrize("kind", CHANGES, ids=lambda kind: kind.__name__)
async def test_each_kind_of_change_changes_something(backend, scene, kind):
    """Each change goes through on its own and can be seen: the photograph below misses none."""
    before = await scene.photograph(backend)
    await backend.store.commit(scene.change(kind))

    assert await scene.photograph(backend) != before


async def test_all_kinds_of_change_go_through_together(backend, scene):
    """One commit can hold every kind of change."""
    apart = [c for c in scene.changes if type(c) not in (ConsumeChallenges, EndSessions)]
    await backend.store.commit(*apart)
    with pytest.raises(NotFound):
        await backend.store.users.get(scene.user.id)


def _failing(scene, make, name):
    gone = make.user()
    key = SigningKey(generation=9, created_at=gone.created_at, signs_from=gone.created_at)
    return {
        "AddUser": (AddUser(make.user(email="taken@example.org")), IdentifierTaken),
        "SaveUser takes a name": (SaveUser(scene.taken, replace(scene.taken, email=scene.user.email)), IdentifierTaken),
        "SaveUser guard": (SaveUser(replace(scene.taken, role=Role.ADMIN), scene.taken, guard=("role",)), Stale),
        "SaveUser missing": (SaveUser(gone, replace(gone, role=Role.ADMIN)), Stale),
        "RemoveUser": (RemoveUser(gone.id), Stale),
        "HandOver": (HandOver(make.challenge()), Stale),
        "ConsumeChallenge": (ConsumeChallenge(make.id(), gone.created_at), Stale),
        "RotateSession": (RotateSession(make.session()), Stale),
        "EndSession": (EndSession(make.id(), gone.created_at), Stale),
        "PutSigningKey": (PutSigningKey(key, key), Stale),
        "KeepAdmin": (writes.KeepAdmin(gone.created_at), LastAdmin),
    }[name]


@pytest.mark.parametrize("place", ["first", "last", "middle"])
@pytest.mark.parametrize(
    "name",
    [
        "AddUser",
        "SaveUser takes a name",
        "SaveUser guard",
        "SaveUser missing",
        "RemoveUser",
        "HandOver",
        "ConsumeChallenge",
        "RotateSession",
        "EndSession",
        "PutSigningKey",
        "KeepAdmin",
    ],
)
async def test_a_refusal_anywhere_leaves_nothing_behind(backend, scene, make, name, place):
    """If one condition does not hold, nothing of the commit happens and nobody is called to deliver."""
    refused, refusal = _failing(scene, make, name)
    changes = [c for c in scene.changes if type(c) not in (RemoveUser, ConsumeChallenges, EndSessions)]
    at = {"first": 0, "middle": len(changes) // 2, "last": len(changes)}[place]
    before, calls = await scene.photograph(backend), len(backend.calls)
    with pytest.raises(refusal):
        await backend.store.commit(*changes[:at], refused, *changes[at:])

    assert await scene.photograph(backend) == before
    assert len(backend.calls) == calls


async def test_a_refused_removal_keeps_what_hangs_on_the_user(backend, scene, make, now):
    """An account, its identifiers and its sessions are whole again after a commit that removed and then failed."""
    before = await scene.photograph(backend)
    with pytest.raises(Stale):
        await backend.store.commit(RemoveUser(scene.user.id), EndSession(make.id(), now))

    assert await scene.photograph(backend) == before
    assert await backend.store.users.find(Identifier(Kind.EMAIL, scene.user.email)) == scene.user


async def test_a_removed_user_takes_everything_personal_along(backend, scene):
    """Sessions, challenges and former passwords go with the account; other accounts and the audit log stay."""
    store, user = backend.store, scene.user
    await store.commit(RemoveUser(user.id))

    assert await store.users.find(Identifier(Kind.EMAIL, user.email)) is None
    assert [await store.sessions.find(s.id) for s in scene.sessions] == [None, None]
    assert [await store.challenges.find(c.id) for c in scene.challenges] == [None, None]
    assert list(await store.users.former_passwords(user.id, 9)) == []
    assert await store.users.get(scene.taken.id) == scene.taken
    assert len((await store.audit.page(AuditQuery(user_id=user.id))).items) == 1
    with pytest.raises(Stale):
        await store.commit(RemoveUser(user.id))


async def test_a_removed_identifier_is_free_again(store, scene, make):
    """Somebody else can sign up with the address of a closed account, even in the same commit."""
    successor = make.user(email=scene.user.email)
    await store.commit(RemoveUser(scene.user.id), AddUser(successor))

    assert await store.users.find(Identifier(Kind.EMAIL, scene.user.email)) == successor


async def test_save_user_writes_only_what_differs(store, make, now):
    """Two changes of different members, both based on the same reading, do not undo each other."""
    user = make.user()
    await store.commit(AddUser(user))
    profile = Profile(first_name="Grace", address="Arlington")
    await store.commit(SaveUser(user, replace(user, profile=profile)), SaveUser(user, user.signed_in(now)))
    await store.commit(SaveUser(user, user), CountFailedAttempt(user.id), CountFailedAttempt(user.id))
    await store.commit(SaveUser(user, replace(user, role=Role.ADMIN), guard=("status", "password_hash")))

    assert await store.users.get(user.id) == replace(
        user, profile=profile, last_login_at=now, role=Role.ADMIN, failed_attempts=2
    )


async def test_save_user_always_writes_what_it_is_told_to(store, make):
    """A member in `always` is written though it was not meant to differ: failures counted meanwhile are gone."""
    user = make.user()
    await store.commit(AddUser(user), CountFailedAttempt(user.id))
    await store.commit(SaveUser(user, user.unlocked(), always=("failed_attempts",)))

    assert (await store.users.get(user.id)).failed_attempts == 0


@pytest.mark.parametrize("member", ["password_hash", "status", "verified_at", "email", "locked_until", "profile"])
async def test_a_guard_notices_a_member_that_changed(store, make, now, member):
    """A guarded member that somebody changed meanwhile, from None or to it, makes the change Stale."""
    other = {"password_hash": "x", "status": Status.LOCKED, "email": "x", "verified_at": now, "locked_until": now}
    other["profile"] = Profile(first_name="Ada", last_name="Lovelace", comments="one member differs")
    user = make.user()
    changed = replace(user, **{member: other[member]})
    await store.commit(AddUser(user))
    await store.commit(SaveUser(user, changed, guard=(member,)))
    with pytest.raises(Stale):
        await store.commit(SaveUser(user, replace(user, role=Role.ADMIN), guard=(member,)))
    await store.commit(SaveUser(changed, user, guard=(member,)))
    with pytest.raises(Stale):
        await store.commit(SaveUser(changed, replace(changed, role=Role.ADMIN), guard=(member,)))

    assert await store.users.get(user.id) == user


async def test_a_changed_identifier_is_the_one_that_counts(store, make):
    """After a change of address the account is found under the new one, and the old one is free."""
    user = make.user(email="old@example.org", username="ada")
    await store.commit(AddUser(user))
    moved = replace(user, email="new@example.org", username=None)
    await store.commit(SaveUser(user, moved))
    await store.commit(AddUser(make.user(email="old@example.org", username="ada")))

    assert await store.users.find(Identifier(Kind.EMAIL, "new@example.org")) == moved
    with pytest.raises(IdentifierTaken):
        await store.commit(AddUser(make.user(email="new@example.org")))


async def test_only_the_newest_former_passwords_are_kept(store, make, now):
    """Of former hashes only the newest `keep` stay, and another user's are not counted."""
    user, other = make.id(), make.id()
    for day in range(5):
        at = now + timedelta(days=day)
        await store.commit(AddFormerPassword(user, f"{day}", at, 2), AddFormerPassword(other, f"{day}", at, 9))

    assert list(await store.users.former_passwords(user, 9)) == ["4", "3"]
    assert len(await store.users.former_passwords(other, 9)) == 5


async def test_no_former_passwords_are_kept_where_none_shall_be(store, make, now):
    """With `keep` 0 nothing is remembered."""
    user = make.id()
    await store.commit(AddFormerPassword(user, "hash", now, 0))

    assert list(await store.users.former_passwords(user, 9)) == []


async def test_failures_of_a_removed_user_count_for_nobody(store, make):
    """Counting a failure of an account that is gone is no error: its commit goes on."""
    await store.commit(CountFailedAttempt(make.id()), Record(make.event()))

    assert len((await store.audit.page(AuditQuery())).items) == 1


async def test_an_empty_commit_does_nothing(backend):
    """No changes are no error and no delivery."""
    await backend.store.commit()

    assert backend.calls == [()]


async def test_a_commit_is_told_with_its_changes(backend, make, now):
    """After each commit its changes are told, once, so that what fills the outbox can be sent at once."""
    added, sent = (AddUser(make.user()),), (Send(make.message(), now), Record(make.event()))
    await backend.store.commit(*added)
    await backend.store.commit(*sent)

    assert backend.calls == [added, sent]


async def test_an_event_that_is_not_published_is_only_audited(backend, make):
    """An event without wire name gets an audit row and no place in the outbox."""
    await backend.store.commit(Record(make.event(EventType.VERIFICATION_SENT)))

    assert len((await backend.store.audit.page(AuditQuery())).items) == 1
    assert (await backend.outbox.depth())["events"] == 0


async def test_one_of_forty_accounts_with_one_address_is_added(store, make, commits):
    """Forty sign-ups for one address at the same time: one account."""
    added = await commits(IdentifierTaken, (AddUser(make.user(email="ada@example.org")) for _ in range(40)))

    assert added == 1
    assert len((await store.users.page(EVERYBODY)).items) == 1


async def test_failed_attempts_are_counted_exactly(store, make, commits):
    """Forty failures at the same time are forty."""
    user = make.user()
    await store.commit(AddUser(user))
    await commits(Stale, (CountFailedAttempt(user.id) for _ in range(40)))

    assert (await store.users.get(user.id)).failed_attempts == 40


async def test_of_two_guarded_changes_at_once_one_wins(store, make, commits):
    """Twenty new passwords, all based on the same old one: one is set."""
    user = make.user()
    await store.commit(AddUser(user))
    changes = [SaveUser(user, replace(user, password_hash=f"{n}"), guard=("password_hash",)) for n in range(20)]

    assert await commits(Stale, changes) == 1


async def _is_there(store, session):
    return await store.sessions.find(session.id) is not None


async def test_a_cancelled_commit_happens_wholly_or_not_at_all(store, make):
    """Callers that go away at any moment leave no half commit and no store that answers nobody."""
    pairs = [(make.user(), make.session()) for _ in range(40)]
    tasks = [asyncio.create_task(store.commit(AddUser(u), AddSession(s))) for u, s in pairs]
    for number, task in enumerate(tasks):
        for _ in range(number % 7):
            await asyncio.sleep(0)
        if number % 2:
            task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for _ in range(100):  # what nobody waits for any more may still be under way
        stored = [user.id for user in (await store.users.page(EVERYBODY)).items]
        halves = [u.id for u, s in pairs if (u.id in stored) is not await _is_there(store, s)]
        if not halves:
            break
        await asyncio.sleep(0.05)

    assert halves == []
    assert all(pairs[n][0].id in stored for n, outcome in enumerate(outcomes) if outcome is None)


async def test_check_of_a_store_that_answers_is_silent(store):
    """`check` returns where the store is there."""
    assert await store.check() is None
