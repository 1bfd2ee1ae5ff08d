"""What operators do with accounts."""

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import Forbidden, NotFound, TokenInvalid
from doorward.domain.ids import new_id
from doorward.domain.user import Status
from doorward.use_cases.set_user_status import StatusAction

LOCK, UNLOCK, DISABLE, ENABLE, VERIFY, SIGN_OUT = StatusAction


@pytest.fixture
async def door(engine):
    """An engine with Ada, who has not proven her address, and an administrator."""
    built = engine()
    built.ada = await built.created(verified=False)
    built.root = await built.admin()
    return built


async def act(door, *actions, reason=None):
    """Do some things one after the other and return the account."""
    user = door.ada
    for action in actions:
        user = await door.auth.set_user_status(door.ada.id, action, door.root, reason)
    return user


@pytest.mark.parametrize(
    ("actions", "status"),
    [
        ((LOCK,), Status.LOCKED),
        ((LOCK, UNLOCK), Status.ACTIVE),
        ((LOCK, LOCK), Status.LOCKED),
        ((DISABLE,), Status.DISABLED),
        ((DISABLE, UNLOCK), Status.DISABLED),
        ((DISABLE, LOCK), Status.DISABLED),
        ((DISABLE, LOCK, UNLOCK), Status.DISABLED),
        ((DISABLE, ENABLE), Status.ACTIVE),
        ((LOCK, DISABLE), Status.DISABLED),
        ((LOCK, ENABLE), Status.ACTIVE),
        ((VERIFY, SIGN_OUT), Status.ACTIVE),
    ],
)
async def test_actions_lead_to_a_status(door, actions, status):
    """Disabled is stronger than locked: only enabling ends it."""
    user = await act(door, *actions)

    assert user.status is status


@pytest.mark.parametrize(("action", "ends"), [(a, a in (DISABLE, SIGN_OUT)) for a in StatusAction])
async def test_some_actions_end_all_sessions(door, action, ends):
    """Disabling and signing out throw everybody out, the others nobody: a lock can be lifted by its owner."""
    token = (await door.sign_in()).access.token
    await act(door, action)

    try:
        await door.auth.authenticate(token)
        has_ended = False
    except TokenInvalid:
        has_ended = True

    assert has_ended is ends


@pytest.mark.parametrize("action", [UNLOCK, ENABLE])
async def test_unlocking_gives_all_tries_back(door, action):
    """After four failures and an unlock there are three failures without consequence."""
    await door.fail(4)
    await act(door, action)

    await door.fail(3)

    assert (await door.user()).status is Status.ACTIVE


async def test_unlocking_resets_the_failures(door):
    """`failed_attempts` is zero after an unlock."""
    await door.fail(4)

    user = await act(door, UNLOCK)

    assert user.failed_attempts == 0


async def test_verifying_vouches_for_the_address(door):
    """The address counts as proven from that moment."""
    user = await act(door, VERIFY)

    assert user.verified_at == door.clock()


@pytest.mark.parametrize("action", StatusAction)
async def test_each_action_is_audited_with_who_and_why(door, action):
    """The log tells which administrator did it, and the reason."""
    if action in (UNLOCK, ENABLE):
        await act(door, LOCK if action is UNLOCK else DISABLE)
    await act(door, action, reason="asked by mail")

    row = list(door.store.audit.rows.values())[-1]

    assert (row.event_type, row.details) == (
        action.event.audit_name,
        {"by": str(door.root.user.id), "reason": "asked by mail"},
    )


@pytest.mark.parametrize("action", StatusAction)
async def test_each_action_is_found_by_its_name(action):
    """The name in paths and commands leads to the action."""
    found = StatusAction.named(action.value[0])

    assert found is action


async def test_nobody_else_does_any_of_it(door):
    """An ordinary user is refused."""
    refusal = await door.refusal(door.auth.set_user_status(door.root.user.id, DISABLE, Actor(door.ada)))

    assert type(refusal) is Forbidden


async def test_an_unknown_account_is_not_found(door):
    """There is nothing to do."""
    refusal = await door.refusal(door.auth.set_user_status(new_id(door.clock()), LOCK, door.root))

    assert type(refusal) is NotFound


@pytest.mark.parametrize("actions", [(UNLOCK,), (ENABLE,), (DISABLE, LOCK), (DISABLE, UNLOCK), (VERIFY, VERIFY)])
async def test_what_changes_nothing_is_not_audited(door, actions):
    """The log holds what happened, not what was asked for."""
    await act(door, *actions[:-1])
    before = len(door.store.audit.rows)

    await act(door, actions[-1])

    assert len(door.store.audit.rows) == before
