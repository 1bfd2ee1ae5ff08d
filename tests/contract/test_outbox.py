"""The outbox: claims, leases, fencing and order, on every backend."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.domain.events import EventType, wire_event
from doorward.domain.messages import MessageKind
from doorward.ports.outbox import Lane, OutboxItem
from doorward.ports.writes import Record, Send

SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=30)


@pytest.fixture(params=Lane)
def lane(request):
    return request.param


@pytest.fixture
def fill(store, make, now):
    """Put things into a lane one after the other; return their ids."""

    async def run(lane, count):
        ids = []
        for _ in range(count):
            write = Record(make.event()) if lane is Lane.EVENTS else Send(make.message(), now)
            ids.append(write.event.id if lane is Lane.EVENTS else write.message.id)
            await store.commit(write)
        return ids

    return run


async def test_a_message_comes_back_as_it_was_sent(store, make, now, claim):
    """A claimed message has every member of the intent, and says when it was sent."""
    full = make.message(kind=MessageKind.RESET_PASSWORD, params={"first_name": "Zoë 🦊", "b": ""})
    bare = make.message(kind=MessageKind.ACCOUNT_EXISTS, challenge_id=None, params={})
    await store.commit(Send(full, now), Send(bare, now))
    items = await claim(Lane.MESSAGES)
    expected = [
        OutboxItem(id=m.id, lane=Lane.MESSAGES, payload={}, attempts=1, created_at=now, message=m) for m in (full, bare)
    ]

    assert items == expected
    assert [type(item.message.kind) for item in items] == [MessageKind, MessageKind]


async def test_an_event_comes_back_as_others_see_it(store, make, now, claim):
    """A claimed event is its wire form."""
    happened = make.event(EventType.LOCKED, details={"failures": 5, "by": "ü"})
    await store.commit(Record(happened))
    payload = wire_event(happened)

    assert await claim(Lane.EVENTS) == [
        OutboxItem(id=happened.id, lane=Lane.EVENTS, payload=payload, attempts=1, created_at=now)
    ]


async def test_the_oldest_come_first_and_no_more_than_asked_for(fill, claim, lane):
    """A claim gives items in the order in which they were written, up to its limit."""
    ids = await fill(lane, 5)

    assert [item.id for item in await claim(lane, limit=3)] == ids[:3]


async def test_lanes_are_apart(fill, claim):
    """What waits in one lane is not given out in the other."""
    (event_id,), (message_id,) = await fill(Lane.EVENTS, 1), await fill(Lane.MESSAGES, 1)

    assert [item.id for item in await claim(Lane.EVENTS)] == [event_id]
    assert [item.id for item in await claim(Lane.MESSAGES)] == [message_id]


async def test_an_empty_lane_gives_nothing(claim, lane):
    """There is nothing to claim where nothing waits."""
    assert await claim(lane) == []


async def test_what_is_claimed_is_not_given_out_again(fill, claim, now, lane):
    """While the lease lasts, nobody gets it, not even its owner."""
    await fill(lane, 2)
    await claim(lane)

    assert await claim(lane, "b", at=now + LEASE - timedelta(microseconds=1)) == []
    assert await claim(lane, "a") == []


async def test_a_lease_that_ran_out_is_open_to_anybody(fill, claim, now, lane):
    """What a dead owner held is given out again when the lease ends, and the claim is counted."""
    ids = await fill(lane, 2)
    await claim(lane)
    again = await claim(lane, "b", at=now + LEASE)

    assert [(item.id, item.attempts) for item in again] == [(item_id, 2) for item_id in ids]


async def test_what_is_delivered_is_forgotten(fill, claim, outbox, now, lane):
    """A completed item never comes back."""
    await fill(lane, 1)
    (item,) = await claim(lane)
    await outbox.complete(item, owner="a")
    await outbox.complete(item, owner="a")

    assert await claim(lane, at=now + timedelta(days=9)) == []
    assert (await outbox.depth())[lane] == 0


async def test_what_failed_comes_back_when_it_is_due(fill, claim, outbox, now, lane):
    """A retry waits for its time, then anybody can have it."""
    await fill(lane, 1)
    (item,) = await claim(lane)
    await outbox.retry(item, owner="a", at=now + SECOND, reason="x" * 1000)

    assert await claim(lane, "b") == []
    assert [again.attempts for again in await claim(lane, "b", at=now + SECOND)] == [2]


async def test_what_can_never_go_out_is_kept_for_the_operator(fill, claim, outbox, now, lane):
    """A buried item is not given out again, blocks nobody, and is counted as dead."""
    _, second = await fill(lane, 2)
    first_item, second_item = await claim(lane)
    await outbox.bury(first_item, owner="a", reason="x" * 1000)
    await outbox.retry(second_item, owner="a", at=now, reason="")

    assert [item.id for item in await claim(lane, "b", at=now + timedelta(days=9))] == [second]
    assert dict(await outbox.depth()) == {"events": 0, "messages": 0, lane.value: 1, "dead": 1}


@pytest.mark.parametrize("way", ["complete", "retry", "bury"])
async def test_who_lost_the_lease_settles_nothing(fill, claim, outbox, now, lane, way):
    """A slow owner that wakes up after somebody else took over changes nothing, even under the same name."""
    await fill(lane, 1)
    (stale,) = await claim(lane)
    (held,) = await claim(lane, "b", at=now + LEASE)
    (again,) = await claim(lane, "a", at=now + 2 * LEASE)
    options = {"complete": {}, "retry": {"at": now, "reason": "late"}, "bury": {"reason": "late"}}[way]
    for item, owner in ((stale, "a"), (held, "b"), (again, "b"), (replace(again, attempts=1), "a")):
        await getattr(outbox, way)(item, owner=owner, **options)

    assert dict(await outbox.depth())[lane] == 1
    assert await claim(lane, "c", at=now + 2 * LEASE) == []
    assert [item.attempts for item in await claim(lane, "c", at=now + 3 * LEASE)] == [4]


async def test_a_slow_owner_that_nobody_replaced_may_still_settle(fill, claim, outbox, lane, now):
    """A lease that ran out is not lost before somebody else claims: what was delivered is not delivered again."""
    await fill(lane, 1)
    (item,) = await claim(lane)
    await outbox.complete(item, owner="a")

    assert await claim(lane, "b", at=now + 2 * LEASE) == []


async def test_an_item_of_the_future_waits(store, make, now, claim, lane):
    """What another machine's clock put ahead is not due yet."""
    ahead = now + SECOND
    await store.commit(Record(make.event(at=ahead)) if lane is Lane.EVENTS else Send(make.message(), ahead))

    assert await claim(lane) == []
    assert len(await claim(lane, at=ahead)) == 1


async def test_messages_do_not_wait_for_each_other(fill, claim, outbox, now):
    """A message that must be tried again holds back none behind it, and two owners share the rest."""
    ids = await fill(Lane.MESSAGES, 3)
    (first,) = await claim(Lane.MESSAGES, limit=1)
    await outbox.retry(first, owner="a", at=now + SECOND, reason="451")

    assert [item.id for item in await claim(Lane.MESSAGES, "a", limit=1)] == [ids[1]]
    assert [item.id for item in await claim(Lane.MESSAGES, "b")] == [ids[2]]


async def test_events_wait_for_the_oldest(fill, claim, outbox, now):
    """While the oldest event waits for its next try, none behind it is given out; then they come in order."""
    ids = await fill(Lane.EVENTS, 3)
    (first,) = await claim(Lane.EVENTS, limit=1)
    await outbox.retry(first, owner="a", at=now + SECOND, reason="down")

    assert await claim(Lane.EVENTS, "b") == []
    assert [item.id for item in await claim(Lane.EVENTS, "b", at=now + SECOND)] == ids


async def test_events_never_overtake_one_that_waits_in_the_middle(fill, claim, outbox, now):
    """Events are given out up to the first that is not due: none leaves before an older one."""
    ids = await fill(Lane.EVENTS, 3)
    items = await claim(Lane.EVENTS)
    for item in items:
        await outbox.retry(item, owner="a", at=now + SECOND if item.id == ids[1] else now, reason="down")

    assert [item.id for item in await claim(Lane.EVENTS, "b")] == ids[:1]


async def test_one_owner_holds_events_at_a_time(fill, claim, outbox, now):
    """While somebody holds any event, nobody gets another: not the freed oldest one, not those behind."""
    ids = await fill(Lane.EVENTS, 3)
    first, second = await claim(Lane.EVENTS, limit=2)

    assert await claim(Lane.EVENTS, "b") == []

    await outbox.retry(first, owner="a", at=now, reason="down")

    assert await claim(Lane.EVENTS, "b", limit=1) == []

    await outbox.complete(second, owner="a")

    assert [item.id for item in await claim(Lane.EVENTS, "b")] == [ids[0], ids[2]]


async def test_depth_counts_what_waits(fill, claim, outbox):
    """Claimed items count as waiting until they are settled; an empty outbox is all zeros."""
    empty = dict(await outbox.depth())
    await fill(Lane.EVENTS, 2)
    await fill(Lane.MESSAGES, 3)
    await claim(Lane.MESSAGES)

    assert empty == {"events": 0, "messages": 0, "dead": 0}
    assert dict(await outbox.depth()) == {"events": 2, "messages": 3, "dead": 0}


async def test_claims_at_once_never_share_an_item(fill, claim, lane):
    """Twelve owners at once: each message goes to one of them, and all events to one owner."""
    ids = await fill(lane, 24)
    hands = await asyncio.gather(*(claim(lane, f"owner {n}", limit=4) for n in range(12)))
    given = [item.id for hand in hands for item in hand]

    assert sorted(given) == sorted(ids if lane is Lane.MESSAGES else ids[:4])


async def test_a_lane_is_emptied_by_many_without_repeats(fill, outbox, claim):
    """Four relays that claim and complete in turns deliver each message once."""
    ids = await fill(Lane.MESSAGES, 40)
    delivered = []

    async def relay(owner):
        while items := await claim(Lane.MESSAGES, owner, limit=3):
            for item in items:
                delivered.append(item.id)
                await outbox.complete(item, owner=owner)

    await asyncio.gather(*(relay(f"owner {n}") for n in range(4)))

    assert sorted(delivered) == sorted(ids)
