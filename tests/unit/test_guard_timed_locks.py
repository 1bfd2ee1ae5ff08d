"""Locks that end by themselves say the same as locks that do not."""

from datetime import timedelta

import pytest

from doorward.domain.errors import AccountLocked
from doorward.domain.policies.lockout import LockoutPolicy
from doorward.domain.user import Status
from doorward.use_cases.set_user_status import StatusAction

FOR_AN_HOUR = LockoutPolicy(mode="lock", max_failures=3, lock_ttl=timedelta(hours=1))


@pytest.fixture
async def guessed(engine):
    """Builds a service and an account that was changed and then guessed at until its tries were spent."""

    async def build(*actions):
        door = engine(lockout=FOR_AN_HOUR)
        ada = await door.created()
        for action in actions:
            await door.auth.set_user_status(ada.id, action, door.operator)
        await door.fail(4)
        return door, ada

    return build


async def test_a_disabled_account_that_is_guessed_at_is_answered_like_any_other(guessed):
    """Locked, and not a wait: otherwise a stranger could tell which accounts an operator has disabled."""
    (active, _), (disabled, _) = await guessed(), await guessed(StatusAction.DISABLE)

    refusals = [await door.refusal(door.sign_in()) for door in (active, disabled)]

    assert [type(refusal) for refusal in refusals] == [AccountLocked, AccountLocked]
    assert (await disabled.user()).status is Status.DISABLED


async def test_a_lock_that_a_crash_left_unwritten_is_written_at_the_next_try(guessed):
    """The failures were counted and the process died: the next try finds the account locked all the same."""
    door, ada = await guessed()
    door.store.users.rows[ada.id] = ada

    refusal = await door.refusal(door.sign_in())

    assert (type(refusal), (await door.user()).status) == (AccountLocked, Status.LOCKED)
