"""Accounts that are closed, and wait for their owner to think better of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import (
    AccountClosing,
    IdentifierTaken,
    LastAdmin,
    LinkExpired,
    LinkInvalid,
    NotFound,
    TokenInvalid,
)
from doorward.domain.password import Password
from doorward.domain.policies.closing import ClosingPolicy
from doorward.domain.status_action import StatusAction
from doorward.domain.user import Role, Status
from doorward.ports.writes import RemoveUser, Stale

RIGHT = Password("correct horse battery staple")
GRACE = timedelta(days=14)
OPERATOR = Actor(None)


@pytest.fixture
async def door(engine):
    """An engine with a time of grace, where Ada has signed in and closed her account."""
    built = engine("delay", closing=ClosingPolicy(grace=GRACE))
    built.ada = await built.created()
    built.session = await built.sign_in()
    built.current = await built.auth.authenticate(built.session.access.token)
    built.closes_at = await built.auth.close_account(built.current, RIGHT, built.client)
    return built


async def link(door):
    """The token that Ada was sent."""
    return door.token((await door.deliver()).link)


async def again(door):
    """Ada signs in and closes it once more, later."""
    door.clock.advance(minutes=1)
    signed_in = await door.sign_in()
    current = await door.auth.authenticate(signed_in.access.token)
    await door.auth.close_account(current, RIGHT, door.client)


async def test_a_closed_account_is_out_of_use_at_once(door):
    """Nobody signs in, who was signed in is out, and the address is not free."""
    refusals = [
        await door.refusal(door.sign_in()),
        await door.refusal(door.auth.authenticate(door.session.access.token)),
        await door.refusal(door.auth.register(door.form())),
    ]

    assert [type(refusal) for refusal in refusals] == [AccountClosing, TokenInvalid, IdentifierTaken]
    assert door.closes_at == door.clock() + GRACE
    assert await door.audit(user_id=door.ada.id) == ["ACCOUNT_CLOSING", "LOGIN_SUCCESS", "SIGNUP"]


async def test_its_owner_brings_it_back(door):
    """The link says whose account it is without doing anything, then restores it, once."""
    token = await link(door)
    seen = await door.auth.restore_account.see(token)
    restored = await door.auth.restore_account(token, door.client)
    again = await door.refusal(door.auth.restore_account(token, door.client))
    await door.sign_in()

    assert seen.closes_at == door.closes_at
    assert (restored.status, restored.closes_at) == (Status.ACTIVE, None)
    assert type(again) is LinkExpired
    assert (await door.audit(user_id=door.ada.id))[1] == "ACCOUNT_RESTORED"


async def test_it_is_removed_when_its_time_is_over(door):
    """Not a second before; then the address is free, and the link leads nowhere."""
    token = await link(door)
    door.clock.advance(days=14, seconds=-1)
    await door.auth.purge_expired()
    early = await door.user()
    door.clock.advance(seconds=1)

    late = await door.refusal(door.auth.restore_account(token, door.client))
    await door.auth.purge_expired()

    assert early.id == door.ada.id
    assert type(late) is LinkExpired
    assert type(await door.refusal(door.auth.list_users.one(door.ada.id, OPERATOR))) is NotFound
    assert (await door.auth.register(door.form())).id != door.ada.id
    assert (await door.audit(user_id=door.ada.id))[0] == "USER_DELETED"


async def test_a_link_for_an_account_that_is_gone_is_over(door):
    """An operator may have removed it meanwhile; the challenge of a store that keeps it says nothing."""
    token = await link(door)
    kept = dict(door.store.challenges.rows)
    await door.auth.close_account.of(door.ada.id, OPERATOR, None)
    door.store.challenges.rows.update(kept)

    assert type(await door.refusal(door.auth.restore_account(token, door.client))) is LinkExpired


async def test_a_link_for_an_account_that_is_not_closed_is_over(door):
    """The account decides, whatever is left of the challenge."""
    token = await link(door)
    door.store.users.rows[door.ada.id] = replace(await door.user(), closes_at=None)

    assert type(await door.refusal(door.auth.restore_account.see(token))) is LinkExpired


@pytest.mark.parametrize("action", [StatusAction.ENABLE, StatusAction.DISABLE])
async def test_an_operator_decides_otherwise(door, action):
    """What he says counts: enabled it stays, disabled it is not the owner's to bring back, and nothing removes it."""
    token = await link(door)
    user = await door.auth.set_user_status(door.ada.id, action, OPERATOR)
    refusal = await door.refusal(door.auth.restore_account(token, door.client))
    door.clock.advance(days=15)
    await door.auth.purge_expired()

    assert user.closes_at is None
    assert type(refusal) is LinkExpired
    assert (await door.user()).id == door.ada.id


async def test_a_link_is_of_one_closing(door):
    """Closed again after an operator had enabled it: the link of the first time is over, whoever has it."""
    first = await link(door)
    await door.auth.set_user_status(door.ada.id, StatusAction.ENABLE, OPERATOR)
    await again(door)
    refusal = await door.refusal(door.auth.restore_account.see(first))

    assert type(refusal) is LinkExpired
    assert (await door.auth.restore_account(await link(door), door.client)).closes_at is None


async def test_closing_again_ends_the_link_before(door):
    """Even if the first one was never handed over."""
    first = await link(door)
    await door.auth.restore_account(first, door.client)
    await again(door)

    assert type(await door.refusal(door.auth.restore_account.see(first))) is LinkExpired


async def test_who_lost_the_letter_asks_for_a_new_password(door):
    """And gets the link that keeps the account: a new one, for the time that is left, as often as others get theirs."""
    first = await link(door)
    door.clock.advance(days=4, hours=5)
    await door.auth.forgot_password("ada@example.com", door.client)
    letter = await door.deliver()
    for _ in range(5):
        door.clock.advance(minutes=1)
        await door.auth.forgot_password("ada@example.com", door.client)
        await door.deliver()

    assert letter.subject == "account_closing"
    assert timedelta(seconds=letter.valid_seconds) == timedelta(days=9)
    assert type(await door.refusal(door.auth.restore_account.see(first))) is LinkExpired
    assert len([sent for sent in door.post.letters if sent.subject == "account_closing"]) == 4
    assert (await door.auth.restore_account(await link(door), door.client)).status is Status.ACTIVE


async def test_on_the_last_day_the_letter_speaks_of_hours(door):
    """Never of none."""
    door.clock.advance(days=13, hours=23, minutes=30)
    await door.auth.forgot_password("ada@example.com", door.client)

    assert (await door.deliver()).valid_seconds == 3600


async def test_what_an_operator_decides_meanwhile_is_not_undone_by_asking(door):
    """Two who act at once: the letter is not written for what is no more."""
    user = await door.user()
    await door.auth.set_user_status(door.ada.id, StatusAction.DISABLE, OPERATOR)

    with pytest.raises(Stale):
        await door.auth.forgot_password._send_way_back(user, door.client)


async def test_a_made_up_link_is_no_link(door):
    """Nor is one of another kind."""
    await door.auth.forgot_password("ada@example.com", door.client)

    for token in ("made up", door.session.access.token):
        assert type(await door.refusal(door.auth.restore_account(token, door.client))) is LinkInvalid


async def test_without_a_proven_address_it_is_removed_at_once(engine):
    """There is nobody to whom a link could be sent."""
    door = engine("delay", closing=ClosingPolicy(grace=GRACE))
    await door.created(verified=False)

    assert await door.auth.close_account(await door.current(), RIGHT, door.client) is None
    assert (await door.auth.register(door.form())).email == "ada@example.com"


async def test_the_last_administrator_stays(engine):
    """Closing is no way around it."""
    door = engine("delay", closing=ClosingPolicy(grace=GRACE))
    await door.created(role=Role.ADMIN)

    refusal = await door.refusal(door.auth.close_account(await door.current(), RIGHT, door.client))

    assert type(refusal) is LastAdmin
    assert (await door.user()).closes_at is None


async def test_two_purges_at_once_remove_it_once(door, monkeypatch):
    """The second finds it gone and goes on."""
    door.clock.advance(days=15)
    found = await door.store.users.closing(door.clock(), 10)
    await door.store.commit(RemoveUser(door.ada.id))

    async def stale(*_):
        return found

    monkeypatch.setattr(door.store.users, "closing", stale)
    await door.auth.purge_expired()

    assert "USER_DELETED" not in await door.audit(user_id=door.ada.id)


async def test_restoring_twice_at_once_restores_once(door):
    """One of two clicks is told that the link is used."""
    token = await link(door)
    calls = (door.auth.restore_account(token, door.client) for _ in range(2))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert sorted(isinstance(outcome, Exception) for outcome in outcomes) == [False, True]
    assert (await door.audit(user_id=door.ada.id)).count("ACCOUNT_RESTORED") == 1
