"""Administrators see what waits, never its code or link, and have it tried again."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import Forbidden, NotFound
from doorward.ports.delivery import DeliveryFailed
from doorward.ports.outbox import QUEUE_LIFE, OutboxState
from doorward.ports.store import AuditQuery
from doorward.ports.writes import Stale
from doorward.use_cases import manage_outbox

FINAL = DeliveryFailed("no such address", is_final=True)
LATER = DeliveryFailed("no answer")


@pytest.fixture
async def door(engine):
    """An engine whose mail server refuses the next letters that a test asks for."""
    built = engine("code-activation")
    built.root = await built.admin()
    await built.deliver()
    built.manage = built.auth.manage_outbox
    return built


@pytest.fixture
def refused(door):
    """People whose letters were refused, for good or not; the entries, newest first."""

    async def run(*failures):
        for number, _ in enumerate(failures):
            await door.auth.register(door.form(f"a{number}@example.com"))
        door.post.failures = list(failures)
        await door.auth.deliver_messages("tests")
        look = await door.manage(door.root)
        return [entry for entry in look.page.items if entry.message]

    return run


async def noted(door):
    page = await door.store.audit.page(AuditQuery(event_type="DELIVERY_RETRIED"))
    return [dict(row.details) for row in page.items]


async def test_everything_that_waits_is_shown(door, refused):
    """By state, with what waits in all and since when."""
    await refused(FINAL, LATER)

    everything = await door.manage(door.root, limit=1)
    dead = await door.manage(door.root, state=OutboxState.DEAD)

    assert (everything.depth["messages"], everything.depth["dead"]) == (1, 1)
    assert everything.oldest_at == door.clock()
    assert len(everything.page.items) == 1
    assert everything.page.next_cursor
    assert [entry.reason for entry in dead.page.items] == ["no such address"]


async def test_a_letter_is_shown_without_its_code_and_link(door, refused):
    """What is shown is not what is sent."""
    (entry,) = await refused(LATER)
    shown = door.manage.letter(entry, door.root)
    door.clock.advance(minutes=1)
    sent = await door.deliver()

    assert shown.code == "••••"
    assert sent.code not in repr((shown.subject, shown.text, shown.html))


async def test_what_is_no_letter_has_none(door):
    """An event, and a request that is looked into first."""
    await door.auth.forgot_password("root@example.com", door.client)
    look = await door.manage(door.root)

    assert {entry.kind for entry in look.page.items} >= {"reset_requested", "user.registered"}
    assert {door.manage.letter(entry, door.root) for entry in look.page.items} == {None}


async def test_what_was_given_up_is_tried_again(door, refused):
    """At once; the log says who wanted it, and why."""
    (entry,) = await refused(FINAL)

    assert await door.manage.retry(entry.id, door.root, "the address is right")
    letter = await door.deliver()

    assert letter.to == "a0@example.com"
    told = {"by": str(door.root.user.id), "reason": "the address is right", "entry": str(entry.id), "kind": entry.kind}
    assert await noted(door) == [told]


async def test_what_waits_for_its_next_try_is_hurried(door, refused):
    """Without a reason too."""
    (entry,) = await refused(LATER)

    assert await door.manage.retry(entry.id, door.root)
    assert (await door.deliver()).to == "a0@example.com"


async def test_an_event_is_hurried(door):
    """Events wait in the same outbox."""
    look = await door.manage(door.root)
    (event, *_) = [entry for entry in look.page.items if entry.message is None]

    assert await door.manage.retry(event.id, door.root)


async def test_what_is_in_hand_is_left_alone(door):
    """Whoever sends it right now goes on."""
    await door.auth.register(door.form())
    seen = []

    async def hurried():
        (entry,) = [e for e in (await door.manage(door.root)).page.items if e.message]
        seen.append(await door.manage.retry(entry.id, door.root))

    door.post.on_send = hurried
    await door.deliver()

    assert seen == [False]
    assert await noted(door) == []


async def test_what_somebody_takes_meanwhile_is_left_alone(door, refused):
    """The commit decides, not what was seen before; of all at once nothing is done, and nothing is noted."""
    (entry,) = await refused(FINAL)
    found, commit = door.outbox.rows[entry.id], door.store.commit

    async def gone(*changes):
        door.outbox.rows.pop(entry.id, None)
        await commit(*changes)

    manage = replace(door.manage, store=SimpleNamespace(commit=gone))

    assert not await manage.retry(entry.id, door.root)
    door.outbox.rows[entry.id] = found
    with pytest.raises(Stale):
        await manage.retry_given_up(door.root)
    assert await noted(door) == []


async def test_what_is_too_old_stays_given_up(door, refused):
    """It would be given up for its age at once."""
    (entry,) = await refused(FINAL)
    door.clock.advance(seconds=QUEUE_LIFE.total_seconds())
    on_the_last_moment = door.manage.can_retry(entry)
    door.clock.advance(seconds=1)

    assert on_the_last_moment
    assert not await door.manage.retry(entry.id, door.root)
    assert await door.manage.retry_given_up(door.root) == 0
    assert await noted(door) == []


async def test_all_that_was_given_up_is_tried_again(door, refused, monkeypatch):
    """Page by page, and the log has one row for all."""
    monkeypatch.setattr(manage_outbox, "PAGE", 2)
    await refused(FINAL, FINAL, FINAL, LATER)

    assert await door.manage.retry_given_up(door.root, "mended") == 3
    await door.deliver()

    assert len(door.post.letters) == 3
    assert await noted(door) == [{"by": str(door.root.user.id), "reason": "mended", "count": 3}]


async def test_all_at_once_has_an_end(door, refused, monkeypatch):
    """The rest waits for the next press of the button."""
    monkeypatch.setattr(manage_outbox, "MOST", 2)
    await refused(FINAL, FINAL, FINAL)

    assert await door.manage.retry_given_up(door.root) == 2
    assert await door.manage.retry_given_up(door.root) == 1


async def test_what_is_gone_is_not_found(door, refused):
    """A delivered letter has left."""
    (entry,) = await refused(LATER)
    door.clock.advance(minutes=1)
    await door.deliver()

    with pytest.raises(NotFound):
        await door.manage.retry(entry.id, door.root)


async def test_the_outbox_is_for_administrators(door, refused):
    """Nobody else sees or moves anything."""
    (entry,) = await refused(FINAL)
    ada = Actor(await door.created())

    for call in (
        lambda: door.manage(ada),
        lambda: door.manage.one(entry.id, ada),
        lambda: door.manage.retry(entry.id, ada),
        lambda: door.manage.retry_given_up(ada),
    ):
        with pytest.raises(Forbidden):
            await call()
    with pytest.raises(Forbidden):
        door.manage.letter(entry, ada)
    assert (await door.manage.one(entry.id, door.root)).dead_at is not None
    assert door.clock() - entry.created_at < timedelta(seconds=1)
