"""Reading the audit log: everybody his own rows, administrators all."""

from datetime import timedelta

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import Forbidden
from doorward.ports.store import AuditQuery
from doorward.use_cases.set_user_status import StatusAction


@pytest.fixture
async def door(engine):
    """An engine with two people who have signed in a minute apart, and a stranger who failed."""
    built = engine()
    built.ada = await built.created()
    built.grace = await built.created("grace@example.com")
    await built.sign_in()
    built.clock.advance(minutes=1)
    await built.sign_in("grace@example.com")
    await built.fail(1, "nobody@example.com")
    return built


async def owners(page):
    return {row.user_id for row in (await page).items}


async def test_an_administrator_sees_all_rows(door):
    """Rows of everybody, and those that belong to nobody."""
    root = await door.admin()

    seen = await owners(door.auth.read_audit_log.visible(AuditQuery(), root))

    assert seen == {door.ada.id, door.grace.id, root.user.id, None}


async def test_the_operator_sees_all_rows(door):
    """At the command line nothing is hidden."""
    seen = await owners(door.auth.read_audit_log.visible(AuditQuery(), door.operator))

    assert seen == {door.ada.id, door.grace.id, None}


async def test_an_ordinary_user_sees_his_own_rows(door):
    """Nobody else's rows are visible."""
    seen = await owners(door.auth.read_audit_log.visible(AuditQuery(), Actor(door.ada)))

    assert seen == {door.ada.id}


async def test_asking_for_the_rows_of_another_shows_ones_own(door):
    """The question cannot widen what is visible."""
    query = AuditQuery(user_id=door.grace.id)

    seen = await owners(door.auth.read_audit_log.visible(query, Actor(door.ada)))

    assert seen == {door.ada.id}


async def test_all_rows_are_for_administrators(door):
    """The whole log is forbidden to everybody else."""
    refusal = await door.refusal(door.auth.read_audit_log(AuditQuery(), Actor(door.ada)))

    assert type(refusal) is Forbidden


async def test_rows_are_filtered_by_kind_and_time(door):
    """`since` is included, `until` is not."""
    query = AuditQuery(event_type="LOGIN_SUCCESS", since=door.clock(), until=None)

    seen = await owners(door.auth.read_audit_log(query, door.operator))

    assert seen == {door.grace.id}


async def test_rows_before_a_moment_leave_that_moment_out(door):
    """What happened at `until` is not in the answer."""
    query = AuditQuery(event_type="LOGIN_SUCCESS", until=door.clock())

    seen = await owners(door.auth.read_audit_log(query, door.operator))

    assert seen == {door.ada.id}


async def test_pages_of_the_log_follow_each_other(door):
    """Going from cursor to cursor shows every row once, newest first."""
    seen, cursor = [], None
    while cursor is not None or not seen:
        page = await door.auth.read_audit_log(AuditQuery(limit=2, cursor=cursor), door.operator)
        seen, cursor = [*seen, *(row.event_type for row in page.items)], page.next_cursor

    assert seen == ["LOGIN_FAILURE", "LOGIN_SUCCESS", "LOGIN_SUCCESS", "SIGNUP", "SIGNUP"]


async def test_what_an_operator_did_shows_neither_where_he_sat_nor_his_remark(engine):
    """One's own log says that it was an operator, and no more."""
    door = engine()
    ada, admin = await door.created(), await door.admin()
    await door.auth.set_user_status(ada.id, StatusAction.LOCK, admin, "an internal remark")

    page = await door.auth.read_audit_log.own(AuditQuery(), ada.id)

    assert (page.items[0].details, page.items[0].ip_address) == ({"by": "operator"}, None)


async def test_an_administrator_explores_a_time(door):
    """Rows, the accounts that they name and that are still there, and how many there are in each part of the time."""
    root = await door.admin()
    await door.auth.set_user_status(door.grace.id, StatusAction.LOCK, root)
    await door.auth.close_account.of(door.ada.id, root, None)
    edges = [door.clock() + timedelta(minutes=n) for n in (-2, 0, 1)]

    found = await door.auth.read_audit_log.explore(AuditQuery(limit=4), edges, root)

    assert len(found.page.items) == 4
    assert set(found.people) == {str(door.grace.id), str(root.user.id)}
    assert found.counts["LOGIN_SUCCESS"] == [1, 1]
    assert found.counts["ACCOUNT_LOCKED"] == [0, 1]


async def test_what_is_newer_than_a_known_row_is_told(door):
    """Down to that one, or as many as are asked for."""
    root = await door.admin()
    known = (await door.auth.read_audit_log(AuditQuery(limit=1), root)).items[0]
    nothing = await door.auth.read_audit_log.newer(AuditQuery(limit=10), known.id, root)
    await door.sign_in()
    fresh = await door.auth.read_audit_log.newer(AuditQuery(limit=10), known.id, root)
    without_a_mark = await door.auth.read_audit_log.newer(AuditQuery(limit=2), None, root)

    assert list(nothing.page.items) == []
    assert [row.event_type for row in fresh.page.items] == ["LOGIN_SUCCESS"]
    assert set(fresh.people) == {str(door.ada.id)}
    assert len(without_a_mark.page.items) == 2


async def test_only_administrators_explore(door):
    """Neither a time nor what is new."""
    ada, edges = Actor(door.ada), [door.clock() - timedelta(minutes=1), door.clock()]

    with pytest.raises(Forbidden):
        await door.auth.read_audit_log.explore(AuditQuery(), edges, ada)
    with pytest.raises(Forbidden):
        await door.auth.read_audit_log.newer(AuditQuery(), None, ada)
