"""Exporting what is kept about oneself."""

import pytest


@pytest.fixture
async def door(engine):
    """An engine with two people, one of whom exports her data."""
    built = engine()
    built.ada = await built.created()
    await built.created("grace@example.com")
    await built.sign_in("grace@example.com")
    await built.fail(1)
    await built.sign_in()
    built.export = await built.auth.export_account(built.ada, built.client)
    return built


async def test_the_export_has_ones_own_sessions(door):
    """Only the sessions of the one who asks are in it."""
    owners = {session.user_id for session in door.export.sessions}

    assert owners == {door.ada.id}


async def test_the_export_has_ones_own_audit_rows(door):
    """Everything that was written down about her, the export included."""
    kinds = [row.event_type for row in door.export.audit]

    assert kinds == ["DATA_EXPORTED", "LOGIN_SUCCESS", "LOGIN_FAILURE", "SIGNUP"]


async def test_the_export_has_ones_own_login_attempts(door):
    """Failures and successes, newest first."""
    outcomes = [attempt.success for attempt in door.export.login_attempts]

    assert outcomes == [True, False]


async def test_the_export_has_the_account(door):
    """The account itself is in it."""
    user = door.export.user

    assert user.id == door.ada.id
