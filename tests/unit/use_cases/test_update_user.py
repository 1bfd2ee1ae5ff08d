"""What administrators change in other people's accounts."""

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import Forbidden, InvalidInput, NotFound
from doorward.domain.ids import new_id
from doorward.domain.user import Role


@pytest.fixture
async def door(engine):
    """A service with Ada, and Root who is an administrator."""
    opened = engine()
    opened.root = await opened.admin()
    opened.ada = await opened.created(first_name="Ada")
    return opened


async def test_profile_and_role_are_written_together(door):
    """One change, two rows in the audit log."""
    changed = await door.auth.update_user(door.ada.id, {"last_name": "King"}, door.root, role=Role.ADMIN)

    assert (changed, changed.role, changed.profile.last_name) == (await door.user(), Role.ADMIN, "King")
    assert (await door.audit(user_id=door.ada.id))[:2] == ["ROLE_CHANGED", "PROFILE_UPDATED"]


async def test_a_profile_that_breaks_rules_changes_no_role_either(door):
    """Both or neither."""
    call = door.auth.update_user(door.ada.id, {"last_name": "a\nb"}, door.root, role=Role.ADMIN)

    assert type(await door.refusal(call)) is InvalidInput
    assert await door.user() == door.ada


async def test_the_log_says_who_and_why(door):
    """Operator or administrator, and the reason that was given."""
    await door.auth.update_user(door.ada.id, {}, door.operator, role=Role.ADMIN, reason="she runs it now")

    row = list(door.store.audit.rows.values())[-1]

    assert row.details == {"by": "operator", "reason": "she runs it now", "role": "admin"}


async def test_what_is_not_given_stays(door):
    """Nothing is written for nothing."""
    before = len(door.store.audit.rows)

    assert await door.auth.update_user(door.ada.id, {}, door.root) == door.ada
    assert len(door.store.audit.rows) == before


async def test_nobody_gives_himself_a_role(door):
    """An ordinary user is refused."""
    call = door.auth.update_user(door.ada.id, {}, Actor(door.ada), role=Role.ADMIN)

    assert type(await door.refusal(call)) is Forbidden


async def test_an_unknown_account_is_not_found(door):
    """There is nothing to change."""
    call = door.auth.update_user(new_id(door.clock()), {}, door.root, role=Role.ADMIN)

    assert type(await door.refusal(call)) is NotFound
