"""The condition that an administrator remains, on every storage."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.domain.errors import LastAdmin
from doorward.domain.user import Role, Status
from doorward.ports.store import UserQuery
from doorward.ports.writes import AddUser, KeepAdmin, RemoveUser, SaveUser


@pytest.fixture
async def admins(store, make):
    """Two administrators and an ordinary user."""
    people = [make.user(role=Role.ADMIN), make.user(role=Role.ADMIN), make.user()]
    await store.commit(*(AddUser(person) for person in people))
    return people[:2]


def demoted(user):
    return SaveUser(user, replace(user, role=Role.USER))


async def test_a_commit_that_leaves_one_goes_through(store, admins, now):
    """The condition is judged after the changes before it."""
    await store.commit(demoted(admins[0]), KeepAdmin(now))

    assert (await store.users.get(admins[0].id)).role is Role.USER


@pytest.mark.parametrize("last", [demoted, lambda user: RemoveUser(user.id)])
async def test_a_commit_that_leaves_none_changes_nothing(store, admins, now, last):
    """Demoted or removed, he is there again."""
    await store.commit(demoted(admins[0]), KeepAdmin(now))

    with pytest.raises(LastAdmin):
        await store.commit(last(admins[1]), KeepAdmin(now))

    assert (await store.users.get(admins[1].id)).role is Role.ADMIN


@pytest.mark.parametrize(
    ("status", "minutes", "counts"),
    [
        (Status.DISABLED, None, False),
        (Status.LOCKED, None, False),
        (Status.LOCKED, 1, False),
        (Status.LOCKED, 0, True),
        (Status.LOCKED, -1, True),
        (Status.ACTIVE, None, True),
    ],
)
async def test_only_who_may_come_in_counts(store, admins, now, status, minutes, counts):
    """Disabled and locked ones do not; one whose lock is over does, from that very moment."""
    until = None if minutes is None else now + timedelta(minutes=minutes)
    other = replace(admins[0], status=status, locked_until=until)
    await store.commit(SaveUser(admins[0], other))

    try:
        await store.commit(demoted(admins[1]), KeepAdmin(now))
        went_through = True
    except LastAdmin:
        went_through = False

    assert went_through is counts is other.is_active_admin(now)


async def test_of_parallel_commits_that_leave_none_one_is_refused(store, admins, now):
    """Two administrators who remove each other at once: one remains."""
    calls = (store.commit(RemoveUser(admin.id), KeepAdmin(now)) for admin in admins)

    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert sorted(type(outcome) for outcome in outcomes if outcome) == [LastAdmin]
    page = await store.users.page(UserQuery())
    assert [user.role for user in page.items].count(Role.ADMIN) == 1
