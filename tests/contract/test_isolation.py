"""Commits of two processes that overlap: what is left is what one after the other would have left."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.domain.challenge import Purpose
from doorward.domain.errors import IdentifierTaken
from doorward.domain.events import EventType
from doorward.domain.signing import SigningKey
from doorward.domain.user import Role, Status
from doorward.ports.outbox import Lane
from doorward.ports.store import AuditQuery
from doorward.ports.writes import (
    REMOVED,
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
    KeepAdmin,
    PutSigningKey,
    Record,
    RemoveUser,
    SaveUser,
    SettleRegistrations,
    Stale,
)
from doorward.storages import open_storage
from support import servers
from support.halfway import Halt, halting, overtaking

SERVERS = (*servers.KINDS, "mongodb")


@pytest.fixture(params=SERVERS)
def kind(request):
    return request.param


@pytest.fixture
def url(kind, migrated_servers):
    return migrated_servers(kind)


@pytest.fixture
async def hosts(url):
    """One database as two processes have it."""
    storages = [open_storage(url) for _ in range(2)]
    yield storages
    for storage in storages:
        await storage.close()


@pytest.fixture
def store(hosts):
    return hosts[1].store


@pytest.fixture
async def user(store, make):
    """An account."""
    added = make.user()
    await store.commit(AddUser(added))
    return added


@pytest.fixture
def told(store, make, user):
    """An event of the account, to be recorded."""
    return lambda kind: Record(make.event(kind, user_id=user.id))


@pytest.fixture
def signing_in(make, user, told):
    """What a sign-in commits."""
    return (
        SaveUser(user, user, guard=("status", "password_hash"), always=("failed_attempts",)),
        AddSession(make.session(user_id=user.id)),
        told(EventType.SIGNED_IN),
        AddLoginAttempt(make.attempt(user_id=user.id, success=True)),
    )


async def log_of(store, user):
    """The account's events, oldest first."""
    page = await store.audit.page(AuditQuery(user_id=user.id))
    return [row.event_type for row in reversed(page.items)]


def removal(user, now):
    return (RemoveUser(user.id),)


def new_password(user, now):
    changed = replace(user, password_hash="next")
    kept = AddFormerPassword(user.id, user.password_hash, now, keep=3)
    return SaveUser(user, changed, guard=("password_hash",)), kept, EndSessions(user.id, now)


def disabling(user, now):
    changed = replace(user, status=Status.DISABLED)
    return SaveUser(user, changed, guard=("role", "status")), EndSessions(user.id, now)


@pytest.mark.parametrize("ending", [removal, new_password, disabling])
async def test_no_session_survives_what_ends_all(hosts, store, user, signing_in, now, ending):
    """Its transaction was still open when the account was removed, disabled or got another password."""
    assert await overtaking(hosts, signing_in, ending(user, now)) == [None, None]

    assert await store.sessions.of_user(user.id) == []


@pytest.mark.parametrize("ending", [removal, new_password, disabling])
async def test_nobody_signs_in_beside_what_ends_all(hosts, store, user, signing_in, now, ending):
    """It was not committed yet when somebody signed in with what was right a moment ago."""
    outcomes = await overtaking(hosts, ending(user, now), signing_in)

    assert [type(outcome) for outcome in outcomes] == [type(None), Stale]
    assert await store.sessions.of_user(user.id) == []


async def test_a_session_that_outlives_a_sign_out_everywhere_began_after_it(hosts, store, user, signing_in, told, now):
    """So the log says, and so do the events."""
    await overtaking(hosts, signing_in, (EndSessions(user.id, now), told(EventType.SESSION_REVOKED)))

    in_order = ["LOGIN_SUCCESS", "SESSION_REVOKED"]
    is_alive = bool(await store.sessions.of_user(user.id))
    assert await log_of(store, user) == (in_order[::-1] if is_alive else in_order)


async def test_a_challenge_that_outlives_the_end_of_all_began_after_it(hosts, store, make, user, told, now):
    """The log says so."""
    challenge = make.challenge(subject_id=user.id, purpose=Purpose.RESET_PASSWORD)
    begun = (AddChallenge(challenge), told(EventType.PASSWORD_RESET_REQUESTED))
    ended = (ConsumeChallenges(user.id, Purpose.RESET_PASSWORD, now), told(EventType.PASSWORD_RESET))
    await overtaking(hosts, begun, ended)

    in_order = ["PASSWORD_RESET_REQUESTED", "PASSWORD_RESET"]
    is_open = (await store.challenges.find(challenge.id)).consumed_at is None
    assert await log_of(store, user) == (in_order[::-1] if is_open else in_order)


async def test_removal_is_the_last_that_is_told_of_an_account(hosts, store, user, signing_in, told, kind):
    """Even if somebody who came before has not told yet."""
    closing = (told(EventType.DELETED), RemoveUser(user.id))
    before = "COMMIT" if kind == "mongodb" else "INSERT INTO audit_logs"
    assert await overtaking(hosts, signing_in, closing, before=before) == [None, None]

    assert await log_of(store, user) == ["LOGIN_SUCCESS", "USER_DELETED"]


async def test_removal_takes_what_waits_for_the_newest_address(hosts, store, make, user):
    """The address changed in that very moment."""
    moved = replace(user, email="new@example.org")
    pending = make.registration(email="new@example.org", is_decoy=True)
    await store.commit(AddRegistration(pending))

    assert await overtaking(hosts, [SaveUser(user, moved)], [RemoveUser(user.id)]) == [None, None]

    assert await store.registrations.find(pending.id) is None


async def test_removal_takes_a_challenge_that_was_not_committed_yet(hosts, store, make, user):
    """None is left for nobody."""
    challenge = make.challenge(subject_id=user.id)
    assert await overtaking(hosts, [AddChallenge(challenge)], [RemoveUser(user.id)]) == [None, None]

    assert await store.challenges.find(challenge.id) is None


@pytest.mark.parametrize("counted", [True, False])
async def test_removal_takes_the_identifier_out_of_every_attempt(hosts, store, make, user, counted):
    """Those that were not committed yet, and those that come afterwards."""
    counting = [CountFailedAttempt(user.id)] if counted else []
    tries = [(*counting, AddLoginAttempt(make.attempt(user_id=user.id))) for _ in range(2)]
    assert await overtaking(hosts, tries[0], [RemoveUser(user.id)]) == [None, None]
    await store.commit(*tries[1])

    assert [row.email for row in await store.audit.login_attempts(user.id, 10)] == [REMOVED] * 2


@pytest.mark.parametrize("kind", servers.KINDS)
async def test_those_who_want_one_account_never_wait_for_each_other_in_a_ring(hosts, store, make, user, now):
    """A reset spends its challenge before it writes the account; a change of the password does it afterwards."""
    challenge = make.challenge(subject_id=user.id, purpose=Purpose.RESET_PASSWORD)
    await store.commit(AddChallenge(challenge))
    reset = (ConsumeChallenge(challenge.id, now), *new_password(user, now))
    change = (*new_password(user, now), ConsumeChallenges(user.id, Purpose.RESET_PASSWORD, now))
    halts = [Halt("UPDATE users"), Halt()]
    halts[1].go.set()
    one = asyncio.create_task(halting(hosts[0], halts[0]).commit(*reset))
    await asyncio.wait_for(halts[0].is_there.wait(), 10)
    two = asyncio.create_task(halting(hosts[1], halts[1]).commit(*change))
    await asyncio.wait({two}, timeout=0.4)
    halts[0].go.set()

    outcomes = await asyncio.gather(one, two, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [type(None), Stale]
    assert [halt.runs for halt in halts] == [1, 1]
    assert await store.users.former_passwords(user.id, 3) == ["hash"]


async def test_of_two_proofs_of_one_address_one_wins(hosts, store, make, now):
    """The other's sign-up is a decoy from then on, and its challenge was not spent."""
    pending = [make.registration(email="ada@example.com") for _ in range(2)]
    challenges = [make.challenge(subject_id=p.id, purpose=Purpose.CONFIRM_REGISTRATION) for p in pending]
    await store.commit(*map(AddRegistration, pending), *map(AddChallenge, challenges))
    proofs = [
        (ConsumeChallenge(c.id, now), AddUser(p.proven(now)), SettleRegistrations(p.id, p.email))
        for p, c in zip(pending, challenges, strict=True)
    ]

    outcomes = await overtaking(hosts, *proofs)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [IdentifierTaken.__name__, "NoneType"]
    won = outcomes.index(None)
    assert await store.registrations.find(pending[won].id) is None
    assert (await store.registrations.find(pending[1 - won].id)).is_decoy
    assert (await store.challenges.find(challenges[1 - won].id)).consumed_at is None


@pytest.mark.parametrize("is_stored", [True, False])
async def test_of_two_rotations_one_wins(hosts, store, now, is_stored):
    """The generation before may have no row yet."""
    first = SigningKey(generation=1, created_at=now, signs_from=now)
    if is_stored:
        await store.commit(PutSigningKey(first))
    ended = [replace(first, verify_until=now + timedelta(days=day)) for day in (1, 2)]
    added = SigningKey(generation=2, created_at=now, signs_from=now)
    rotations = [(PutSigningKey(key, first if is_stored else None), PutSigningKey(added)) for key in ended]

    outcomes = await overtaking(hosts, *rotations)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", Stale.__name__]
    assert list(await store.signing_keys.listed()) == [ended[outcomes.index(None)], added]


async def test_turns_are_taken_for_the_first_time_by_many(hosts, make, now):
    """Nobody has taken one in this database before."""
    admins = [make.user(role=Role.ADMIN) for _ in range(5)]
    await hosts[0].store.commit(*map(AddUser, admins))
    keeping = [(SaveUser(a, replace(a, role=Role.USER)), KeepAdmin(now)) for a in admins[:4]]

    calls = (hosts[n % 2].store.commit(*changes) for n, changes in enumerate(keeping))

    assert await asyncio.gather(*calls) == [None] * 4


async def test_the_first_claims_of_events_come_from_many(hosts, make, now):
    """One has them all, the others none."""
    told = [make.event(user_id=None) for _ in range(5)]
    await hosts[0].store.commit(*map(Record, told))
    lease = timedelta(seconds=30)

    claims = await asyncio.gather(
        *(hosts[n % 2].outbox.claim(Lane.EVENTS, owner=f"{n}", now=now, lease=lease, limit=9) for n in range(6))
    )

    assert sorted(map(len, claims)) == [0] * 5 + [5]


async def test_a_tally_that_is_not_there_is_counted_by_many(hosts, now):
    """None of the first ones is lost."""

    def count(tally):
        return replace(tally, count=tally.count + 1, last_at=now)

    changes = ({"a": count, "b": count}, {"b": count, "c": count})
    await asyncio.gather(*(hosts[n % 2].counters.change_all(changes[n // 2 % 2]) for n in range(12)))

    assert [(await hosts[0].counters.find(key)).count for key in "abc"] == [6, 12, 6]


@pytest.mark.parametrize("kind", servers.KINDS)
async def test_refusals_at_one_account_do_not_wait_for_each_other(hosts, make, user):
    """Else whoever floods a locked account would hold all connections."""
    tries = [[AddLoginAttempt(make.attempt(user_id=user.id))] for _ in range(2)]
    halt = Halt()
    one = asyncio.create_task(halting(hosts[0], halt).commit(*tries[0]))
    await asyncio.wait_for(halt.is_there.wait(), 10)

    await hosts[1].store.commit(*tries[1])

    assert not one.done()
    halt.go.set()
    await one
    assert len(await hosts[0].store.audit.login_attempts(user.id, 10)) == 2


@pytest.mark.parametrize("kind", servers.KINDS)
async def test_whoever_cleans_up_waits_for_nobody(hosts, store, make, user, now):
    """It passes over what is in use; the next time it finds it free."""
    sessions = [make.session(user_id=user.id, expires_at=now) for _ in range(3)]
    await store.commit(*map(AddSession, sessions))
    halt = Halt()
    one = asyncio.create_task(halting(hosts[0], halt).commit(EndSession(sessions[1].id, now)))
    await asyncio.wait_for(halt.is_there.wait(), 10)

    assert await store.purge(now) == 2

    assert not one.done()
    halt.go.set()
    await one
    assert await store.purge(now) == 1
