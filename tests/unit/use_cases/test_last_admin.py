"""One administrator who may act always remains, unless the operator wants none."""

import asyncio
from datetime import timedelta

import pytest

from doorward.auth import retried
from doorward.domain.actor import Actor
from doorward.domain.errors import LastAdmin
from doorward.domain.password import Password
from doorward.domain.policies.lockout import LockoutPolicy
from doorward.domain.user import Role, Status
from doorward.use_cases.set_user_status import StatusAction

RIGHT = "correct horse battery staple"
WAYS = {
    "demote": lambda door, user, by: retried(door.auth.update_user, user.id, {}, by, role=Role.USER),
    "disable": lambda door, user, by: retried(door.auth.set_user_status, user.id, StatusAction.DISABLE, by),
    "lock": lambda door, user, by: retried(door.auth.set_user_status, user.id, StatusAction.LOCK, by),
    "delete": lambda door, user, by: retried(door.auth.close_account.of, user.id, by, None),
    "delete a record": lambda door, user, by: retried(door.auth.close_account.as_verified, user.id, by),
}


@pytest.fixture
async def door(engine):
    """A service with two administrators."""
    opened = engine(lockout=LockoutPolicy(mode="lock", max_failures=3, lock_ttl=timedelta(hours=1)))
    opened.root, opened.other = await opened.admin(), await opened.admin("other@example.com")
    return opened


@pytest.fixture(params=WAYS)
def way(request, door):
    """One of the ways in which an administrator loses his rights."""
    return lambda user, by: WAYS[request.param](door, user, by)


async def test_the_last_one_does_not_undo_himself(door, way):
    """Refused, and nothing is written."""
    await way(door.other.user, door.root)
    root = await door.user("root@example.com")

    assert type(await door.refusal(way(door.root.user, door.root))) is LastAdmin
    assert await door.user("root@example.com") == root


async def test_the_last_one_does_not_close_his_account(door):
    """With the right password, too."""
    await WAYS["demote"](door, door.other.user, door.root)
    current = await door.current("root@example.com")

    call = door.auth.close_account(current, Password.typed(RIGHT), door.client)

    assert type(await door.refusal(call)) is LastAdmin
    assert (await door.sign_in("root@example.com")).user.id == door.root.user.id


async def test_of_two_who_undo_each_other_one_remains(door, way):
    """At the same moment: what each of them saw before does not count."""
    calls = way(door.other.user, door.root), way(door.root.user, door.other)

    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert [isinstance(outcome, LastAdmin) for outcome in outcomes].count(True) == 1


async def test_the_operator_may_undo_the_last_one(door, way):
    """At the command line somebody can always make another one."""
    await way(door.other.user, door.operator)

    await way(door.root.user, door.operator)

    assert not [user for user in door.store.users.rows.values() if user.is_active_admin(door.clock())]


async def test_one_whose_lock_is_over_counts(door, way):
    """He may come in again."""
    await door.fail(4, "other@example.com")
    assert type(await door.refusal(way(door.root.user, door.root))) is LastAdmin

    door.clock.advance(hours=1)

    await way(door.root.user, door.root)


async def test_who_loses_nothing_is_not_asked(door, way):
    """An ordinary account can be changed by an administrator who is locked himself."""
    ada = await door.created()
    for email in ("root@example.com", "other@example.com"):
        await door.fail(4, email)
    locked = await door.user("root@example.com")

    await way(ada, Actor(locked))

    assert locked.status is Status.LOCKED
