"""The outbox as an operator sees it, on every backend."""

from datetime import timedelta

import pytest

from doorward.domain.errors import InvalidInput
from doorward.domain.events import EventType
from doorward.ports.outbox import Lane, OutboxEntry, OutboxState
from doorward.ports.store import AuditQuery
from doorward.ports.writes import Record, ReviveDeliveries, Send, Stale

LEASE = timedelta(seconds=30)


async def test_an_entry_says_what_waits_and_since_when(store, make, now, outbox):
    """A message is shown as the intent it is, an event by its name; the newest comes first."""
    message, happened = make.message(), make.event(EventType.LOCKED)
    await store.commit(Send(message, now), Record(happened))
    common = {"attempts": 0, "created_at": now, "due_at": now, "lease_until": None, "dead_at": None, "reason": None}
    sent = OutboxEntry(id=message.id, lane=Lane.MESSAGES, kind=message.kind, message=message, **common)
    told = OutboxEntry(id=happened.id, lane=Lane.EVENTS, kind="user.locked", **common)

    assert list((await outbox.page(limit=5)).items) == [told, sent]
    assert await outbox.find(message.id) == sent
    assert await outbox.find(make.id()) is None


async def test_states_are_apart(store, make, now, outbox, claim):
    """What was never tried, what failed and what was given up; what is tried right now has been tried."""
    for message in (new := make.message(), failed := make.message(), dead := make.message()):
        await store.commit(Send(message, now))
    items = {item.id: item for item in await claim(Lane.MESSAGES)}
    await outbox.retry(items[failed.id], owner="a", at=now + LEASE, reason="no answer")
    await outbox.bury(items[dead.id], owner="a", reason="no such address")
    await store.commit(Send(unseen := make.message(), now))

    async def found(state):
        return [(e.id, e.state, e.reason) for e in (await outbox.page(state=state, limit=5)).items]

    waiting = (unseen.id, OutboxState.WAITING, None)
    retrying = [(failed.id, OutboxState.RETRYING, "no answer"), (new.id, OutboxState.RETRYING, None)]
    assert await found(OutboxState.WAITING) == [waiting]
    assert await found(OutboxState.RETRYING) == retrying
    assert await found(OutboxState.DEAD) == [(dead.id, OutboxState.DEAD, "no such address")]
    assert len(await found(None)) == 4


async def test_pages_give_every_entry_once(store, make, now, outbox):
    """Pages follow each other without gap or repeat; a foreign cursor is refused."""
    messages = [make.message() for _ in range(5)]
    await store.commit(*(Send(message, now) for message in messages))
    first = await outbox.page(limit=3)
    second = await outbox.page(limit=3, cursor=first.next_cursor)

    assert [e.id for e in (*first.items, *second.items)] == [m.id for m in reversed(messages)]
    assert second.next_cursor is None
    with pytest.raises(InvalidInput):
        await outbox.page(limit=3, cursor="of another list")


async def test_what_was_given_up_can_be_tried_again(store, make, now, outbox, claim):
    """A revived item is due at once and nobody's; its tries stay counted."""
    await store.commit(Send(make.message(), now))
    (item,) = await claim(Lane.MESSAGES)
    await outbox.bury(item, owner="a", reason="no such address")

    assert await claim(Lane.MESSAGES) == []
    await store.commit(ReviveDeliveries((item.id,), now))

    (again,) = await claim(Lane.MESSAGES)
    assert (again.id, again.attempts) == (item.id, 2)


async def test_what_waits_for_its_next_try_can_be_hurried(store, make, now, outbox, claim):
    """It is tried at once instead of later."""
    await store.commit(Send(make.message(), now))
    (item,) = await claim(Lane.MESSAGES)
    await outbox.retry(item, owner="a", at=now + timedelta(hours=1), reason="no answer")

    assert await claim(Lane.MESSAGES) == []
    await store.commit(ReviveDeliveries((item.id,), now))
    assert [again.id for again in await claim(Lane.MESSAGES)] == [item.id]


async def test_what_is_in_hand_or_gone_is_left_alone(store, make, now, outbox, claim):
    """Whoever holds an item goes on holding it, and what is gone cannot come back; a lease that ran out is no hold."""
    await store.commit(Send(make.message(), now))
    (item,) = await claim(Lane.MESSAGES)

    for ids in ((item.id,), (make.id(),)):
        with pytest.raises(Stale):
            await store.commit(ReviveDeliveries(ids, now))
    await store.commit(ReviveDeliveries((item.id,), now + LEASE))


async def test_many_are_tried_again_together_or_not_at_all(store, make, now, outbox, claim):
    """With the row of the log that says so, or without it."""
    await store.commit(*(Send(make.message(), now) for _ in range(3)))
    items = await claim(Lane.MESSAGES)
    for item in items:
        await outbox.bury(item, owner="a", reason="no such address")
    ids, happened = tuple(item.id for item in items), make.event(EventType.DELIVERY_RETRIED)

    with pytest.raises(Stale):
        await store.commit(ReviveDeliveries((*ids, make.id()), now), Record(happened))
    assert [(await outbox.depth())["dead"], list((await store.audit.page(AuditQuery())).items)] == [3, []]
    await store.commit(ReviveDeliveries(ids, now), Record(happened))

    assert {again.id for again in await claim(Lane.MESSAGES)} == set(ids)
    assert [row.id for row in (await store.audit.page(AuditQuery())).items] == [happened.id]


async def test_the_oldest_that_waits_is_known(store, make, now, outbox, claim):
    """Since when it waits, tried or not, message or event; what was given up waits no more."""
    nothing = await outbox.oldest()
    first, later = make.message(), make.message()
    await store.commit(Send(first, now))
    await store.commit(Send(later, now + LEASE))
    waiting = await outbox.oldest()
    (item, *_) = await claim(Lane.MESSAGES)
    tried = await outbox.oldest()
    await outbox.bury(item, owner="a", reason="no such address")

    assert item.id == first.id
    assert (nothing, waiting, tried, await outbox.oldest()) == (None, now, now, now + LEASE)
