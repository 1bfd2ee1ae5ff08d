"""All rows of a storage, read and put back, on every backend that can be opened by a URL."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from doorward.domain.events import EventType
from doorward.domain.signing import SigningKey
from doorward.domain.tally import Tally
from doorward.ports.archive import KEYS
from doorward.ports.writes import (
    AddChallenge,
    AddFormerPassword,
    AddLoginAttempt,
    AddRegistration,
    AddSession,
    AddUser,
    PutSigningKey,
    Record,
    Send,
)

DETAILS = {"b": 1, "a": [True, None]}


@pytest.fixture
def archive(backend):
    if backend.storage is None:
        pytest.skip("memory is no place to copy to or from")
    return backend.storage.archive


@pytest.fixture
async def full(store, counters, make, now):
    """A row in every table, and in some more."""
    user = make.user(username="Ada ä", phone="+4930123456")
    challenge = make.challenge(subject_id=user.id)
    await store.commit(
        AddUser(user),
        AddFormerPassword(user.id, "old hash", now, 3),
        AddRegistration(make.registration()),
        AddChallenge(challenge),
        AddSession(make.session(user_id=user.id, rotated_at=now + timedelta(microseconds=1))),
        PutSigningKey(SigningKey(generation=0, created_at=now, signs_from=now)),
        *(
            Record(make.event(EventType.EMAIL_VERIFIED, user_id=user.id, details={"b": 1, "a": [True, None]}))
            for _ in range(3)
        ),
        AddLoginAttempt(make.attempt(user_id=user.id)),
        Send(make.message(challenge_id=challenge.id), now),
    )
    await counters.change("key", lambda _: Tally(count=2, last_at=now))
    return user


async def test_every_table_is_read_in_the_order_of_its_keys(archive, full):
    """No row is missing, none comes twice, and each has its key."""
    for table, key in KEYS.items():
        rows = await archive.read(table, None, 100)
        keys = [row[key] for row in rows]
        paged = [row for after in (None, *keys) for row in await archive.read(table, after, 1)]

        assert len(rows) == await archive.count(table) >= 1, table
        assert keys == sorted(keys)
        assert paged == rows
        assert await archive.last_key(table) == keys[-1]


async def test_what_is_put_back_is_what_was_read(archive, store, full):
    """Rows survive the way out and in again, twice, and the store works with them."""
    before = {table: await archive.read(table, None, 100) for table in KEYS}
    for _ in range(2):
        for table, rows in before.items():
            await archive.write(table, rows)
    await archive.finish()

    assert {table: await archive.read(table, None, 100) for table in KEYS} == before
    assert await store.users.get(full.id) == full


async def test_what_is_added_later_comes_after_what_was_put_there(archive, store, full, make):
    """Numbering goes on behind the rows of a copy."""
    rows = [dict(row) for row in await archive.read("audit_logs", None, 100)]
    last = rows[-1]["sequence"] + 1_000_000
    await archive.write("audit_logs", [rows[-1] | {"sequence": last, "id": make.id()}])
    await archive.finish()
    await store.commit(Record(make.event()))

    assert await archive.last_key("audit_logs") > last


async def test_an_empty_table_has_no_last_key(archive):
    """Nothing is written where there is nothing to write."""
    await archive.write("users", [])

    assert await archive.last_key("users") is None
    assert await archive.read("users", None, 10) == []


async def test_ids_of_all_kinds_are_in_the_order_of_their_digits(archive, store, make):
    """Whatever made an id: every backend keeps it and sorts it alike, so that a copy can go on behind the last one."""
    known = [UUID(int=1), UUID("12751a20-24c8-e159-7d6b-208a4b9b1340"), UUID(int=2**128 - 1)]
    ids = [*known, *(uuid4() for _ in range(20))]
    await store.commit(*(AddUser(make.user(id=one)) for one in ids))

    assert [row["id"] for row in await archive.read("users", None, 100)] == sorted(ids, key=lambda one: one.hex)
