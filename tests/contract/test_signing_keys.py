"""Generations of the signing key on every storage backend, and the list of them as a process knows it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.adapters.key_ring import EXTRA_READS, CachedKeyRing
from doorward.domain.signing import SigningKey
from doorward.ports.writes import PutSigningKey, Stale

SECOND = timedelta(seconds=1)


@pytest.fixture
def generation(now):
    """Builds a generation."""

    def build(number, **members):
        return SigningKey(**{"generation": number, "created_at": now, "signs_from": now} | members)

    return build


class Clock:
    def __init__(self, moment):
        self.moment = moment

    def __call__(self):
        return self.moment


class CountingKeys:
    """The list of a store, and how often it was read."""

    def __init__(self, keys):
        self._keys = keys
        self.reads = 0

    async def listed(self):
        self.reads += 1
        return await self._keys.listed()


@pytest.fixture
def counting(store):
    return CountingKeys(store.signing_keys)


@pytest.fixture
def clock(now):
    return Clock(now)


@pytest.fixture
def ring(counting, clock):
    return CachedKeyRing(counting, clock)


async def test_nothing_is_written_down_before_the_first_rotation(store):
    """A new installation has an empty list."""
    assert list(await store.signing_keys.listed()) == []


async def test_generations_come_back_as_they_were_written_oldest_first(store, generation, now):
    """Every member survives storage, in whichever order they were written."""
    second = generation(2, verify_until=now + timedelta(microseconds=1), revoked_at=now + SECOND)
    first = generation(1, signs_from=now - timedelta(days=9))
    await store.commit(PutSigningKey(second), PutSigningKey(first))

    assert list(await store.signing_keys.listed()) == [first, second]


async def test_a_generation_is_replaced_by_who_has_read_it(store, generation, now):
    """A change goes through where the stored one is what it was made from."""
    first = generation(1)
    ended = replace(first, verify_until=now)
    await store.commit(PutSigningKey(first))
    await store.commit(PutSigningKey(ended, first))

    assert list(await store.signing_keys.listed()) == [ended]


async def test_a_change_that_is_based_on_something_older_is_refused(store, generation, now):
    """Of two operators who rotate at once, the second one reads again."""
    first = generation(1)
    await store.commit(PutSigningKey(first))

    for write in (
        PutSigningKey(generation(1)),
        PutSigningKey(replace(first, verify_until=now), generation(1, revoked_at=now)),
    ):
        with pytest.raises(Stale):
            await store.commit(write)
    assert list(await store.signing_keys.listed()) == [first]


async def test_two_rotations_at_once_are_one(commits, generation):
    """One of many that add the same generation goes through."""
    assert await commits(Stale, [PutSigningKey(generation(2)) for _ in range(10)]) == 1


async def test_the_list_is_read_once_a_second(ring, counting, clock):
    """However many requests there are, the database is asked once."""
    for _ in range(50):
        await ring.current()
    first = counting.reads
    clock.moment += SECOND
    for _ in range(50):
        await ring.current()

    assert (first, counting.reads) == (1, 2)


async def test_a_new_generation_is_known_after_a_second(ring, store, clock, generation):
    """What another process wrote counts here a second later at most."""
    before = await ring.current()
    await store.commit(PutSigningKey(generation(2)))
    clock.moment += SECOND

    assert [key.generation for key in before.keys] == [1]
    assert [key.generation for key in (await ring.current()).keys] == [1, 2]


async def test_an_unknown_key_is_looked_for_at_once(ring, store, generation):
    """A token that names a key from a moment ago does not wait for the second to pass."""
    await ring.current()
    await store.commit(PutSigningKey(generation(2)))

    assert [key.generation for key in (await ring.renewed()).keys] == [1, 2]


async def test_invented_keys_cost_the_database_next_to_nothing(ring, counting, clock):
    """Thousands of them in one second cause a handful of reads, and the next second begins anew."""
    await ring.current()
    for _ in range(3000):
        await ring.renewed()
    within = counting.reads
    clock.moment += SECOND
    await ring.current()
    await ring.renewed()

    assert within == 1 + EXTRA_READS
    assert counting.reads == within + 2


async def test_a_clock_that_is_set_back_does_not_stop_the_reading(ring, counting, clock):
    """The list is old then, not fresh for hours."""
    await ring.current()
    clock.moment -= timedelta(hours=2)
    await ring.current()

    assert counting.reads == 2
