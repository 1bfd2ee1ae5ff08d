"""What is particular to MongoDB: values that look like operators, order without a counter, many writing processes."""

import asyncio
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from doorward.adapters.mongodb import numbers
from doorward.adapters.mongodb.handlers import handle
from doorward.adapters.mongodb.transaction import Refused
from doorward.domain.errors import LastAdmin
from doorward.domain.events import EventType
from doorward.domain.identifiers import Identifier, Kind
from doorward.domain.tally import Tally
from doorward.domain.user import Profile, Role, Status
from doorward.ports.outbox import Lane
from doorward.ports.store import AuditQuery, UserQuery
from doorward.ports.writes import (
    AddFormerPassword,
    AddRegistration,
    AddSession,
    AddUser,
    KeepAdmin,
    Record,
    SaveUser,
    Stale,
)
from doorward.storages import open_storage
from support import servers

STRANGE = ["$gt", "$where", "a.b", "$a.$b", "{}", '{"$ne": null}', "a\0b", "\0", "^a|b.*(c)[d]{2}\\d$", "a\nb", "x#y z"]


@pytest.fixture
def url(migrated_servers):
    return migrated_servers("mongodb")


@pytest.fixture
async def hosts(url):
    """The same database as two processes have it."""
    storages = [open_storage(url) for _ in range(2)]
    yield storages
    for storage in storages:
        await storage.close()


@pytest.fixture
def storage(hosts):
    return hosts[0]


@pytest.fixture
def store(storage):
    return storage.store


def plus_one(tally):
    return replace(tally, count=tally.count + 1)


@pytest.mark.parametrize("text", STRANGE)
async def test_a_text_is_a_value_wherever_it_stands(store, make, now, text):
    """No text is an operator, a path, a pattern or the end of one: it is found as it was written, and nothing else."""
    profile = Profile(first_name=text, last_name=text, address=text, comments=text)
    strange = make.user(email=text, username=text, phone=text, password_hash=text, profile=profile)
    await store.commit(AddUser(strange), AddUser(make.user()), AddFormerPassword(strange.id, text, now, 3))
    await store.commit(
        SaveUser(strange, replace(strange, role=Role.ADMIN), guard=("email", "password_hash", "profile"))
    )

    strange = replace(strange, role=Role.ADMIN)
    for kind in Kind:
        assert await store.users.find(Identifier(kind, text)) == strange
        assert list(await store.users.matching([], [Identifier(kind, text)])) == [strange]
    assert list((await store.users.page(UserQuery(text=text))).items) == [strange]
    assert list(await store.users.former_passwords(strange.id, 3)) == [text]


@pytest.mark.parametrize("member", ["email", "phone", "username", "first_name", "last_name"])
async def test_a_search_looks_into_each_name_for_just_this_text(store, make, member):
    """A dot finds a dot and no other character, in every member that is searched."""
    named = {member: "x.y+z"} if member in ("email", "phone", "username") else {}
    profile = Profile(**{"first_name": "a", "last_name": "b"} | ({} if named else {member: "x.y+z"}))
    wanted = make.user(**{"email": "ada@example.org"} | named, profile=profile)
    await store.commit(AddUser(wanted), AddUser(make.user(email="xaaaayz@example.org", username="xxyz")))

    assert list((await store.users.page(UserQuery(text="X.Y+Z"))).items) == [wanted]
    assert list((await store.users.page(UserQuery(text="x?y*z"))).items) == []


async def test_details_keep_names_that_look_like_operators(store, storage, make):
    """What an event tells is data, down to the names of its members; the outbox tells the same."""
    details = {"$set": {"$inc": 1}, "a.b": ["$x", {"c.d": None}], "": "", "deep": {"$where": "1"}}
    await store.commit(Record(make.event(EventType.SIGNED_IN, details=details)))
    (row,) = (await store.audit.page(AuditQuery())).items
    (item,) = await storage.outbox.claim(
        Lane.EVENTS, owner="a", now=datetime.now(UTC), lease=timedelta(seconds=1), limit=9
    )

    assert (row.details, item.payload["data"]) == (details, details)


async def test_order_within_an_account_is_that_of_writing_whatever_clocks_say(hosts, make, monkeypatch):
    """A host whose clock is an hour behind writes after what the other has written, not before it."""
    ahead, behind = hosts
    user = make.id()
    events = [make.event(user_id=user) for _ in range(6)]
    real = numbers.time.time_ns
    for turn, event in enumerate(events):
        skew = 0 if turn % 2 == 0 else -3600 * 10**9
        monkeypatch.setattr(numbers.time, "time_ns", lambda skew=skew: real() + skew)
        await (behind if skew else ahead).store.commit(Record(event), Record(make.event()))
    page = await ahead.store.audit.page(AuditQuery(user_id=user))

    assert [row.id for row in page.items] == [event.id for event in reversed(events)]


async def test_a_process_begins_behind_what_is_there(hosts, make, monkeypatch):
    """A clock that was set back between two runs changes no order, of whichever account."""
    before, after = hosts
    first, second = make.event(), make.event()
    await before.store.commit(Record(first))
    monkeypatch.setattr(numbers.time, "time_ns", lambda: 0)
    await after.store.commit(Record(second))
    page = await after.store.audit.page(AuditQuery())

    assert [row.id for row in page.items] == [second.id, first.id]


async def test_a_number_that_two_hit_upon_is_given_once(hosts, make, monkeypatch):
    """Two processes with the very same clock and the same random bits write both, one of them a little later."""
    for host in hosts:
        await host.store.commit(Record(make.event()))
    monkeypatch.setattr(numbers.time, "time_ns", lambda: 2 * 10**18)
    monkeypatch.setattr(numbers.random, "getrandbits", lambda bits: 0)
    await asyncio.gather(*(host.store.commit(Record(make.event())) for host in hosts for _ in range(5)))
    found = [row.id for row in (await hosts[0].store.audit.page(AuditQuery(limit=50))).items]

    assert len(found) == len(set(found)) == 12


async def test_changes_of_one_tally_by_several_processes_are_all_counted(hosts):
    """Of sixty changes by two processes, alone and together with others, none is lost."""
    alone = [host.counters.change("key", plus_one) for host in hosts for _ in range(15)]
    together = [host.counters.change_all({"key": plus_one, "other": plus_one}) for host in hosts for _ in range(15)]
    await asyncio.gather(*alone, *together)

    assert [await hosts[0].counters.find(key) for key in ("key", "other")] == [Tally(count=60), Tally(count=30)]


async def test_two_processes_leave_one_administrator(hosts, make, now):
    """Two administrators who take each other's rights at once, each at another process: one keeps them."""
    for _ in range(5):
        admins = [make.user(role=Role.ADMIN) for _ in range(2)]
        await hosts[0].store.commit(*(AddUser(admin) for admin in admins))
        demotions = [SaveUser(admin, replace(admin, role=Role.USER)) for admin in admins]
        calls = (host.store.commit(demotion, KeepAdmin(now)) for host, demotion in zip(hosts, demotions, strict=True))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)

        assert sorted(type(outcome) for outcome in outcomes if outcome) == [LastAdmin]
        left = [admin for admin in admins if (await hosts[0].store.users.get(admin.id)).role is Role.ADMIN]
        await hosts[0].store.commit(*(SaveUser(admin, replace(admin, role=Role.USER)) for admin in left))


async def test_a_guard_that_writes_nothing_conflicts_with_who_breaks_it(storage, store, make):
    """An account that is disabled after a commit has looked at it, and before it ends, is noticed."""
    user = make.user()
    await store.commit(AddUser(user))
    seen = []

    async def sign_in(transaction):
        found = await transaction.find("users", {"_id": user.id})
        seen.append(found[0]["status"])
        if len(seen) == 1:
            await store.commit(SaveUser(user, replace(user, status=Status.DISABLED)))
        await handle(transaction, SaveUser, [SaveUser(user, user, guard=("status",))])

    with pytest.raises(Stale):
        await storage.server.transaction(sign_in)

    assert seen == ["ACTIVE", "DISABLED"]


async def test_a_refused_document_is_not_repeated_in_the_error(store, make):
    """The driver's error holds the whole document; ours names the collection and the index."""
    waiting = make.registration(email="ada@example.org", password_hash="$2b$12$hash")
    await store.commit(AddRegistration(waiting))

    with pytest.raises(Refused) as refused:
        await store.commit(AddRegistration(waiting))

    told = "".join(traceback.format_exception(refused.value))
    assert "registrations" in told
    assert not any(secret in told for secret in ("ada@example.org", "$2b$12$hash"))


async def test_the_cleaner_comes_long_after_the_end(url, store, make, now):
    """Expiry is asked in queries; the server's own cleaner never takes what a day ago was still written."""
    session = make.session(expires_at=now)
    late = make.session(expires_at=datetime.max.replace(tzinfo=UTC))
    await store.commit(AddSession(session), AddSession(late))
    (stored,) = servers.MongoScratch("mongodb", url).documents("sessions", {"_id": session.id})

    assert stored["clean_at"] > datetime.now(UTC) + timedelta(hours=23)
    assert await store.sessions.find(session.id) == session
    assert await store.purge(now) == 1
    assert await store.sessions.find(late.id) == late


async def test_records_stand_under_the_names_that_they_have_elsewhere(url, store, make, now):
    """An operator finds the members of a user under the columns' names; moments are texts that can be read."""
    user = make.user(phone="+4930123456", profile=Profile(first_name="Ada", last_name="Lovelace", comments="c"))
    await store.commit(AddUser(user))
    (stored,) = servers.MongoScratch("mongodb", url).documents("users")

    assert stored["_id"] == user.id
    assert (stored["first_name"], stored["status"], stored["failed_attempts"]) == ("Ada", "ACTIVE", 0)
    assert stored["created_at"] == "2026-03-04T05:06:07.890123Z"
