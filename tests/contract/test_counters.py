"""Counting, on every backend."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.domain.tally import Budget, Spent, Tally


def _plus_one(tally):
    return replace(tally, count=tally.count + 1)


def _refuse(tally):
    raise Spent(None)


async def test_a_new_key_counts_from_nothing(counters):
    """A key that nobody used is an empty tally, for `find` and for the first change."""
    seen = []

    def look(tally):
        seen.append(tally)
        return _plus_one(tally)

    assert await counters.find("key") == Tally()
    assert await counters.change("key", look) == Tally(count=1)
    assert seen == [Tally()]


async def test_a_tally_comes_back_as_it_was_left(counters, now):
    """Every member survives storage."""
    full = Tally(
        count=3,
        reserved=2,
        reserved_until=now,
        last_at=now + timedelta(microseconds=1),
        expires_at=now + timedelta(microseconds=2),
    )
    await counters.change("key", lambda _: full)

    assert await counters.find("key") == full


async def test_keys_are_compared_byte_by_byte(counters):
    """No collation makes two keys one."""
    keys = ["é", "e", "e\u0301", "\u0131", "i", "I", "🦊", "🐻", "a", "a ", "ß", "ss"]
    for key in keys:
        await counters.change(key, _plus_one)

    assert [(await counters.find(key)).count for key in keys] == [1] * len(keys)


async def test_a_change_that_raises_leaves_the_tally_as_it_was(counters, now):
    """What a change raises is passed on, and nothing is written, neither for an old nor for a new key."""
    budget = Budget(limit=1, window=timedelta(hours=1))
    taken = await counters.change("key", lambda t: budget.take(t, now))
    with pytest.raises(Spent):
        await counters.change("key", lambda t: budget.take(t, now))
    with pytest.raises(Spent):
        await counters.change("new", lambda t: Budget(limit=0).take(t, now))

    assert await counters.find("key") == taken
    assert await counters.find("new") == Tally()


async def test_counting_goes_on_after_a_change_that_raised(counters):
    """An exception does not leave a lock behind."""
    outcomes = await asyncio.gather(
        *(counters.change("key", _refuse if n % 2 else _plus_one) for n in range(10)), return_exceptions=True
    )

    assert sum(isinstance(outcome, Spent) for outcome in outcomes) == 5
    assert await counters.find("key") == Tally(count=5)


async def test_fifty_changes_at_once_are_fifty(counters):
    """No change is lost, and each sees a tally of its own."""
    changed = await asyncio.gather(*(counters.change("key", _plus_one) for _ in range(50)))

    assert sorted(tally.count for tally in changed) == list(range(1, 51))


async def test_a_budget_is_never_overdrawn(counters, now):
    """Of fifty tries at once as many get through as the budget has."""
    budget = Budget(limit=5, window=timedelta(hours=1))
    outcomes = await asyncio.gather(
        *(counters.change("key", lambda t: budget.reserve(t, now)) for _ in range(50)), return_exceptions=True
    )

    assert sum(isinstance(outcome, Tally) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, Spent) for outcome in outcomes) == 45


async def test_keys_do_not_disturb_each_other(counters):
    """Changes of different keys at once are each exact."""
    await asyncio.gather(*(counters.change(f"key {n % 5}", _plus_one) for n in range(50)))

    assert [(await counters.find(f"key {n}")).count for n in range(5)] == [10] * 5


async def test_several_tallies_change_together(counters):
    """`change_all` applies each change to its own key and gives all results; nothing to change is no error."""
    await counters.change("b", _plus_one)

    assert dict(await counters.change_all({"b": _plus_one, "a": _plus_one})) == {
        "a": Tally(count=1),
        "b": Tally(count=2),
    }
    assert dict(await counters.change_all({})) == {}


@pytest.mark.parametrize("refusing", ["a", "b", "c"])
async def test_several_tallies_change_all_or_none(counters, refusing):
    """Whichever change raises, old and new tallies are all as they were."""
    await counters.change("b", _plus_one)
    with pytest.raises(Spent):
        await counters.change_all(dict.fromkeys("abc", _plus_one) | {refusing: _refuse})

    assert [(await counters.find(key)).count for key in "abc"] == [0, 1, 0]


async def test_several_tallies_in_any_order_at_once_are_exact(counters):
    """Changes of the same keys in opposite orders neither wait for each other for ever nor lose one."""
    orders = [dict.fromkeys("ab", _plus_one), dict.fromkeys("ba", _plus_one)]
    await asyncio.wait_for(asyncio.gather(*(counters.change_all(orders[n % 2]) for n in range(40))), 30)

    assert [(await counters.find(key)).count for key in "ab"] == [40, 40]


async def test_purge_removes_what_no_longer_counts(counters, now):
    """Expired, empty and abandoned tallies go; counted, held and endless ones stay."""
    second = timedelta(seconds=1)
    gone = {
        "expired": Tally(count=3, last_at=now, expires_at=now),
        "empty": Tally(),
        "abandoned": Tally(reserved=1, reserved_until=now),
        "expired and abandoned": Tally(count=3, expires_at=now - second, reserved=1, reserved_until=now - second),
    }
    kept = {
        "counted": Tally(count=3, last_at=now, expires_at=now + second),
        "held": Tally(reserved=1, reserved_until=now + second),
        "expired but held": Tally(count=3, expires_at=now, reserved=1, reserved_until=now + second),
        "endless": Tally(count=3, last_at=now),
        "endless and abandoned": Tally(count=3, last_at=now, reserved=1, reserved_until=now - second),
    }
    for key, tally in (gone | kept).items():
        await counters.change(key, lambda _, tally=tally: tally)

    assert await counters.purge(now) == len(gone)
    assert {key: await counters.find(key) for key in gone | kept} == dict.fromkeys(gone, Tally()) | kept


async def test_purge_of_nothing_is_nothing(counters, now):
    """There is nothing to remove where nothing was counted."""
    assert await counters.purge(now) == 0


async def test_a_long_key_is_a_key(counters):
    """Keys of 150 characters, the longest there are, differ in their last one."""
    await counters.change("k" * 149 + "a", _plus_one)

    assert await counters.find("k" * 149 + "b") == Tally()
    assert await counters.find("k" * 149 + "a") == Tally(count=1)


@pytest.mark.parametrize("seed", range(6))
async def test_taking_is_the_same_by_the_short_way(counters, now, seed):
    """Whatever was counted before, as `Budget.take` would have it: tallies and refusals."""
    chance = random.Random(seed)
    budget = Budget(limit=chance.choice([1, 2, 5]), window=timedelta(seconds=chance.choice([1, 10])))
    expected, at = Tally(), now
    for _ in range(25):
        at += timedelta(milliseconds=chance.choice([0, 1, 400, 1000, 5000]))
        if chance.random() < 0.15:
            change = chance.choice([budget.give_back, budget.forget])
            expected = await counters.change("key", lambda tally, change=change, at=at: change(tally, at))
        try:
            expected, refused = budget.take(expected, at), None
        except Spent as spent:
            refused = spent.retry_after
        taken = await asyncio.gather(counters.take("key", budget, at), return_exceptions=True)
        assert getattr(taken[0], "retry_after", None) == refused
        assert await counters.find("key") == expected


async def test_fifty_take_at_once(counters, now):
    """Exactly as many as the budget has."""
    budget = Budget(limit=20, window=timedelta(hours=1))
    outcomes = await asyncio.gather(*(counters.take("key", budget, now) for _ in range(50)), return_exceptions=True)

    assert sum(outcome is None for outcome in outcomes) == 20
    assert sum(isinstance(outcome, Spent) for outcome in outcomes) == 30


async def test_nothing_is_taken_from_nothing(counters, now):
    """A budget of none."""
    with pytest.raises(Spent):
        await counters.take("key", Budget(limit=0, window=timedelta(hours=1)), now)

    assert await counters.find("key") == Tally()


async def test_two_sets_that_overlap_are_exact(counters, now):
    """A hundred changes of two tallies each, half of them in another order and with a third one."""

    def add(tally):
        return replace(tally, count=tally.count + 1)

    sets = [{"a": add, "b": add} if n % 2 else {"c": add, "b": add} for n in range(100)]
    await asyncio.gather(*(counters.change_all(one) for one in sets))

    assert [(await counters.find(key)).count for key in "abc"] == [50, 100, 50]


async def test_only_what_is_stored_is_found_together(counters):
    """Keys that nobody used are left out."""
    await counters.change("one", _plus_one)
    await counters.change("two", _plus_one)

    assert await counters.find_all(["one", "two", "three"]) == {"one": Tally(count=1), "two": Tally(count=1)}
    assert await counters.find_all(["three"]) == {}


async def test_what_was_seen_may_be_used(counters):
    """A change on what was just read, and one more on what that gave."""
    await counters.change_all({"one": _plus_one, "two": _plus_one})
    seen = await counters.find_all(["one", "two"])

    changed = await counters.change_all({"one": _plus_one, "two": _plus_one}, seen=seen)
    changed = await counters.change_all({"one": _plus_one}, seen=changed)

    assert changed == {"one": Tally(count=3)}
    assert await counters.find_all(["one", "two"]) == {"one": Tally(count=3), "two": Tally(count=2)}


async def test_what_was_seen_is_not_believed(counters):
    """Others have changed it since: nothing of theirs is lost, however old and however many."""
    await counters.change_all({"one": _plus_one, "two": _plus_one})
    seen = await counters.find_all(["one", "two"])
    old = {**seen, "new": Tally()}

    await asyncio.gather(*(counters.change_all({"one": _plus_one, "two": _plus_one}, seen=seen) for _ in range(20)))
    await asyncio.gather(*(counters.change_all({"new": _plus_one, "two": _plus_one}, seen=old) for _ in range(20)))

    counts = {key: tally.count for key, tally in (await counters.find_all(["one", "two", "new"])).items()}
    assert counts == {"one": 21, "two": 41, "new": 20}


async def test_what_nobody_has_seen_is_changed_as_it_is(counters, now):
    """Even by a change that would do nothing to a tally at rest, and one that would do the same to it."""
    budget = Budget(limit=5, window=timedelta(hours=1))
    await counters.take("key", budget, now)

    reserved = await counters.change_all({"key": lambda tally: budget.reserve(tally, now)})
    assert (reserved["key"].count, reserved["key"].reserved) == (1, 1)
    released = await counters.change_all({"key": lambda tally: budget.release(tally, now)})
    assert released == await counters.find_all(["key"])
    assert (released["key"].count, released["key"].reserved) == (1, 0)
    await counters.change_all({"key": lambda tally: budget.forget(tally, now)})
    assert await counters.find("key") == Tally()


async def test_who_was_seen_to_have_nothing_left_is_judged_anew(counters, now):
    """What was seen says spent; meanwhile it was forgotten."""
    budget = Budget(limit=1, window=timedelta(hours=1))
    await counters.take("key", budget, now)
    seen = await counters.find_all(["key"])
    await counters.change("key", lambda tally: budget.forget(tally, now))

    changed = await counters.change_all({"key": lambda tally: budget.reserve(tally, now)}, seen=seen)

    assert changed["key"].reserved == 1
    with pytest.raises(Spent):
        await counters.change_all({"key": lambda tally: budget.reserve(tally, now)}, seen=seen)
