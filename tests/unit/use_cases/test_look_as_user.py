"""An administrator sees what a user sees, and can change nothing of it."""

from dataclasses import replace
from uuid import UUID

import pytest

from doorward.domain.errors import Forbidden, InvalidInput, LookingOnly, NotFound, TokenInvalid
from doorward.domain.status_action import StatusAction
from doorward.domain.user import Role
from doorward.ports.store import AuditQuery


@pytest.fixture
async def door(engine):
    """An engine with an administrator and Ada, whose account he may look at."""
    built = engine("delay")
    built.admin_actor = await built.admin()
    built.own = await built.current("root@example.com")
    built.ada = await built.created()
    return built


def look(door, user=None, reason="a question about her devices"):
    return door.auth.look_as_user((user or door.ada).id, door.own, door.client, reason)


async def test_it_is_a_session_of_the_user_that_tells_whose_it_is(door):
    """No refresh token, a quarter of an hour, and a row that says who, why and in which session."""
    begun = await look(door)
    current = await door.auth.authenticate(begun.access.token)

    assert (current.user.id, current.session.acting_id) == (door.ada.id, door.own.session_id)
    assert (current.session.ip_address, current.session.device) == (None, None)
    assert begun.refresh_token is None
    assert (begun.session.expires_at - begun.session.created_at).total_seconds() == 15 * 60
    assert begun.access.expires_in == 15 * 60


async def test_the_owner_sees_that_somebody_looked_and_not_who(door):
    """Nor the reason, which is for his own."""
    begun = await look(door)
    full = (await door.auth.read_audit_log(AuditQuery(user_id=door.ada.id), door.admin_actor)).items[0]
    own = (await door.auth.read_audit_log.own(AuditQuery(), door.ada.id)).items[0]

    assert full.event_type == own.event_type == "ACCOUNT_LOOKED_AT"
    assert full.details["reason"] == "a question about her devices"
    assert full.details["by"] == str(door.admin_actor.user.id)
    assert own.details == {"by": "operator", "session": str(begun.session.id)}


async def test_it_ends_by_itself(door):
    """A quarter of an hour later one is out."""
    begun = await look(door)
    door.clock.advance(minutes=15)

    assert type(await door.refusal(door.auth.authenticate(begun.access.token))) is TokenInvalid


@pytest.mark.parametrize("reason", [None, ""])
async def test_without_a_reason_nothing_is_shown(door, reason):
    """It has to stand in the audit log."""
    refusal = await door.refusal(look(door, reason=reason))

    assert type(refusal) is InvalidInput
    assert [v.pointer for v in refusal.violations] == ["/reason"]


async def test_only_accounts_in_use_of_ordinary_users_are_looked_at(door):
    """No administrator's, no disabled one, none that is not there; and only by an administrator."""
    other = await door.created("boss@example.com", role=Role.ADMIN)
    disabled = await door.created("off@example.com")
    await door.auth.set_user_status(disabled.id, StatusAction.DISABLE, door.operator)
    nobody = replace(door.ada, id=UUID(int=1))

    assert type(await door.refusal(look(door, other))) is Forbidden
    assert type(await door.refusal(look(door, disabled))) is Forbidden
    assert type(await door.refusal(look(door, nobody))) is NotFound
    by_ada = door.auth.look_as_user(disabled.id, await door.current(), door.client, "why")
    assert type(await door.refusal(by_ada)) is Forbidden


async def test_who_is_no_administrator_any_more_sees_nothing_any_more(door):
    """At once, not at the end of the quarter."""
    begun = await look(door)
    await door.auth.update_user(door.admin_actor.user.id, {}, door.operator, role=Role.USER, reason=None)

    assert type(await door.refusal(door.auth.authenticate(begun.access.token))) is TokenInvalid


@pytest.mark.parametrize("ending", ["signed out", "signed out everywhere", "removed"])
async def test_it_lives_no_longer_than_the_session_it_came_from(door, ending):
    """Whoever took an administrator's session loses the looks with it."""
    begun, other = await look(door), await door.admin("second@example.com")
    if ending == "signed out":
        await door.auth.sign_out(door.own, door.own.session_id, door.client)
    elif ending == "signed out everywhere":
        await door.auth.set_user_status(door.own.user.id, StatusAction.SIGN_OUT, other)
    else:
        await door.auth.close_account.of(door.own.user.id, other, None)

    assert type(await door.refusal(door.auth.authenticate(begun.access.token))) is TokenInvalid


async def test_its_token_changes_no_password(door):
    """Not even with the right one."""
    begun = await look(door)

    assert type(await door.refusal(door.auth.authenticate.password_owner(begun.access.token))) is LookingOnly
