"""Doing the same to many accounts."""

from uuid import uuid4

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import Forbidden, NotFound, Unavailable
from doorward.domain.ids import new_id
from doorward.domain.status_action import StatusAction
from doorward.domain.user import Role, Status
from doorward.ports.store import AuditQuery, UserQuery
from doorward.ports.writes import SaveUser
from doorward.use_cases import change_many_users
from doorward.use_cases.change_many_users import ChangeManyUsers

LOCK, UNLOCK, DISABLE, ENABLE, VERIFY, SIGN_OUT = StatusAction
EVERYBODY = UserQuery()


@pytest.fixture
async def door(engine):
    """Five accounts of which one is locked, and an administrator."""
    built = engine()
    built.people = []
    for n in range(5):
        built.people.append(await built.created(f"p{n}@example.com", verified=n > 0))
        built.clock.advance(minutes=1)
    built.root = await built.admin()
    built.many = built.auth.change_many_users
    await built.auth.set_user_status(built.people[4].id, LOCK, built.root)
    built.clock.advance(minutes=1)
    return built


async def statuses(door):
    return [(await door.store.users.get(person.id)).status.value[:1] for person in door.people]


async def rows(door, kind):
    return (await door.store.audit.page(AuditQuery(event_type=kind, limit=100))).items


async def test_those_who_are_named_are_changed(door):
    """One who was so before is counted apart, and so is who is gone."""
    ids = [door.people[n].id for n in (0, 1, 4)]

    done = await door.many([*ids, uuid4()], LOCK, door.root, "looks stolen")

    assert await statuses(door) == ["L", "L", "A", "A", "L"]
    assert (done.counts, done.left) == ({"changed": 2, "same": 1, "impossible": 0, "refused": 0}, 0)
    assert await door.many.count(ids, door.root) == 3


async def test_all_who_match_are_changed(door):
    """But never oneself."""
    count = await door.many.count(EVERYBODY, door.root)
    done = await door.many(EVERYBODY, DISABLE, door.root, None)

    assert count == 6
    assert done.counts == {"changed": 5, "same": 0, "impossible": 0, "refused": 1}
    assert await statuses(door) == ["D"] * 5
    assert (await door.user("root@example.com")).status is Status.ACTIVE


async def test_what_its_owner_has_closed_is_left_alone(door):
    """Or an undone change would bring it back."""
    ada = door.people[0]
    await door.store.commit(SaveUser(ada, ada.closing(door.clock())))

    done = await door.many([ada.id, door.people[1].id], DISABLE, door.root, None)

    assert done.counts == {"changed": 1, "same": 0, "impossible": 0, "refused": 1}
    assert (await door.store.users.get(ada.id)).closes_at is not None


async def test_what_is_disabled_cannot_be_locked(door):
    """It is counted apart, for it is no more locked than before; and undoing leaves it alone."""
    ada, bob = door.people[:2]
    await door.auth.set_user_status(ada.id, DISABLE, door.root)

    done = await door.many([ada.id, bob.id], LOCK, door.root, None)
    known = await door.many.batch(done.id, door.root)
    await door.many.undo(done.id, door.root)

    assert done.counts == known.counts == {"changed": 1, "same": 0, "impossible": 1, "refused": 0}
    assert await statuses(door) == ["D", "A", "A", "A", "L"]


async def test_each_is_audited_for_itself_and_then_the_whole(door):
    """With who, why, and what it is a part of."""
    done = await door.many([door.people[0].id, door.people[1].id], LOCK, door.root, "looks stolen")

    who = {"by": str(door.root.user.id), "reason": "looks stolen", "batch": str(done.id)}
    assert [row.details for row in (await rows(door, "ACCOUNT_LOCKED"))[:2]] == [who, who]
    (whole,) = await rows(door, "USERS_CHANGED")
    counts = {"changed": 2, "same": 0, "impossible": 0, "refused": 0, "left": 0}
    assert (whole.user_id, whole.details) == (None, {**who, "action": "lock", **counts, "cursor": None})


async def test_signing_out_changes_each(door):
    """Whether somebody was signed in is not asked."""
    done = await door.many(EVERYBODY, SIGN_OUT, door.root, None)

    assert done.counts == {"changed": 5, "same": 0, "impossible": 0, "refused": 1}


async def test_only_so_many_at_a_time(door, monkeypatch):
    """The rest is said, and goes on where this ended."""
    monkeypatch.setattr(change_many_users, "MOST", 2)
    query = UserQuery(sort="created_at", role=Role.USER)

    first = await door.many(query, VERIFY, door.root, None)
    second = await door.many(query, VERIFY, door.root, None, after=await door.many.batch(first.id, door.root))
    third = await door.many(query, VERIFY, door.root, None, after=second)

    assert [(done.counts["changed"] + done.counts["same"], done.left) for done in (first, second, third)] == [
        (2, 3),
        (2, 1),
        (1, 0),
    ]
    assert await door.many.count(query, door.root, after=first) == 3


@pytest.mark.parametrize("action", [LOCK, DISABLE])
async def test_it_can_be_undone(door, action):
    """For those whom it changed, and nobody else."""
    done = await door.many(EVERYBODY, action, door.root, None)
    before = await statuses(door)
    undone = await door.many.undo(done.id, door.root)

    assert len(set(before)) == 1
    assert undone.action is action.opposite
    assert await statuses(door) == (["A"] * 4 + ["L"] if action is LOCK else ["A"] * 5)
    assert (await rows(door, "USERS_CHANGED"))[0].details["reason"] == f"undo {done.id}"


async def test_an_undo_is_done_once(door):
    """Sent again it shows what the first one came to: what was decided since then stays."""
    ada = await door.created("once@example.com")
    done = await door.many([ada.id], StatusAction.DISABLE, door.root, None)
    undone = await door.many.undo(done.id, door.root)
    await door.auth.set_user_status(ada.id, StatusAction.DISABLE, door.root)

    assert await door.many.undo(done.id, door.root) == undone
    assert (await door.user("once@example.com")).status is Status.DISABLED


async def test_what_has_no_opposite_is_not_undone(door):
    """Nobody can be signed in again, and an address that was vouched for stays so."""
    done = await door.many(EVERYBODY, VERIFY, door.root, None)

    assert type(await door.refusal(door.many.undo(done.id, door.root))) is NotFound


async def test_a_batch_is_found_among_others(door, monkeypatch):
    """However many there were since."""
    monkeypatch.setattr(change_many_users, "MOST", 2)
    first = await door.many([door.people[0].id], DISABLE, door.root, None)
    for _ in range(4):
        await door.many([door.people[1].id], UNLOCK, door.root, None)

    found = await door.many.batch(first.id, door.root)

    assert found == first


async def test_a_batch_that_was_not_is_not_found(door):
    """Whatever the id looks like."""
    for made_up in (uuid4(), new_id(door.clock())):
        assert type(await door.refusal(door.many.batch(made_up, door.root))) is NotFound


async def test_what_fails_for_one_does_not_stop_the_others(door):
    """The last administrator, and whatever others change all the time."""

    async def change(user_id, action, actor, reason, *, batch):
        if user_id == door.people[0].id:
            raise Unavailable("contention", retry_after=1)
        return await door.auth.set_user_status(user_id, action, actor, reason, batch=batch)

    many = ChangeManyUsers(store=door.store, change=change, now=door.clock)

    done = await many(EVERYBODY, DISABLE, door.root, None)

    assert done.counts == {"changed": 4, "same": 0, "impossible": 0, "refused": 2}


async def test_nobody_else_does_any_of_it(door):
    """An ordinary user is refused."""
    ada = Actor(door.people[0])
    calls = (
        door.many(EVERYBODY, LOCK, ada, None),
        door.many.count(EVERYBODY, ada),
        door.many.batch(uuid4(), ada),
        door.many.undo(uuid4(), ada),
    )

    assert [type(await door.refusal(call)) for call in calls] == [Forbidden] * 4
