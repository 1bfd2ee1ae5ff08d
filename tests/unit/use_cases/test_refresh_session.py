"""Refreshing a session: tokens rotate, a lost answer may be repeated, a copied token ends all."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.adapters.keys import HmacSecretMinter
from doorward.auth import retried
from doorward.domain.errors import TokenInvalid
from doorward.domain.policies.session import SessionPolicy
from doorward.ports.secrets import TokenKind, TokenRef
from doorward.use_cases.set_user_status import StatusAction


@pytest.fixture
async def door(engine):
    """An engine where Ada has signed in."""
    built = engine(session=SessionPolicy(idle_ttl=timedelta(days=3)))
    await built.created()
    built.first = await built.sign_in()
    return built


def refresh(door, token):
    return door.auth.refresh_session(token, door.client)


async def test_a_refresh_gives_another_refresh_token(door):
    """Each token is used once."""
    refreshed = await refresh(door, door.first.refresh_token)

    assert refreshed.refresh_token != door.first.refresh_token


async def test_a_refreshed_access_token_belongs_to_the_same_session(door):
    """Refreshing opens no second session."""
    refreshed = await refresh(door, door.first.refresh_token)

    current = await door.auth.authenticate(refreshed.access.token)

    assert current.session_id == door.first.session.id


async def test_the_successor_can_be_refreshed_in_turn(door):
    """A session may be refreshed as often as one likes."""
    refreshed = await refresh(door, door.first.refresh_token)

    again = await refresh(door, refreshed.refresh_token)

    assert again.session.generation == 2


async def test_a_repeat_after_a_change_of_the_secret_is_no_theft(door):
    """The successor has another text then, and both texts stand for the same one."""
    refreshed = await refresh(door, door.first.refresh_token)
    minter = HmacSecretMinter("another secret, as long as the one before it", previous=[door.secrets._secret])
    changed = replace(door.auth.refresh_session, secrets=minter)

    repeated = await changed(door.first.refresh_token, door.client)
    again = await changed(refreshed.refresh_token, door.client)
    last = await changed(repeated.refresh_token, door.client)

    assert repeated.refresh_token != refreshed.refresh_token
    assert again.refresh_token == last.refresh_token


async def test_a_repeat_within_the_grace_gets_the_same_successor(door):
    """A lost answer, or a second tab, is no theft."""
    refreshed = await refresh(door, door.first.refresh_token)
    door.clock.advance(seconds=10)

    repeated = await refresh(door, door.first.refresh_token)

    assert repeated.refresh_token == refreshed.refresh_token


async def test_parallel_refreshes_get_the_same_successor(door):
    """Eight tabs that refresh at once all go on."""
    tabs = (retried(refresh, door, door.first.refresh_token) for _ in range(8))

    refreshed = await asyncio.gather(*tabs)

    assert len({r.refresh_token for r in refreshed}) == 1


async def test_a_repeat_after_the_grace_is_refused(door):
    """A token that was used a while ago is in the wrong hands."""
    await refresh(door, door.first.refresh_token)
    door.clock.advance(seconds=11)

    refusal = await door.refusal(refresh(door, door.first.refresh_token))

    assert type(refusal) is TokenInvalid


async def test_a_copied_token_ends_the_session(door):
    """After a token came back too late its successor is dead as well."""
    refreshed = await refresh(door, door.first.refresh_token)
    door.clock.advance(seconds=11)
    await door.refusal(refresh(door, door.first.refresh_token))

    refusal = await door.refusal(refresh(door, refreshed.refresh_token))

    assert type(refusal) is TokenInvalid


async def test_an_older_token_ends_the_session_even_within_the_grace(door):
    """The grace is for the token before the current one only."""
    second = await refresh(door, door.first.refresh_token)
    await refresh(door, second.refresh_token)
    await door.refusal(refresh(door, door.first.refresh_token))

    refusal = await door.refusal(door.auth.authenticate(second.access.token))

    assert type(refusal) is TokenInvalid


async def test_a_copied_token_is_audited(door):
    """The owner can see that somebody had a copy."""
    await refresh(door, door.first.refresh_token)
    door.clock.advance(seconds=11)

    await door.refusal(refresh(door, door.first.refresh_token))

    assert (await door.audit())[0] == "REFRESH_TOKEN_REUSED"


@pytest.mark.parametrize("token", ["", "nonsense", "A" * 54, "!" * 54])
async def test_a_token_that_was_not_made_here_is_refused(door, token):
    """Nobody can make a token up."""
    refusal = await door.refusal(refresh(door, token))

    assert type(refusal) is TokenInvalid


async def test_a_token_of_another_kind_is_refused(door):
    """A link's token for the same record does not refresh it."""
    link = door.secrets.token(TokenKind.RESET_LINK, TokenRef(door.first.session.id))

    refusal = await door.refusal(refresh(door, link))

    assert type(refusal) is TokenInvalid


@pytest.mark.parametrize(("idle", "days"), [(3, 3), (2, 30)])
async def test_a_session_that_is_over_cannot_be_refreshed(door, idle, days):
    """Neither after idling for too long nor, however busy it was, after its lifetime."""
    token = door.first.refresh_token
    for _ in range(days // idle - 1):
        door.clock.advance(days=idle)
        token = (await refresh(door, token)).refresh_token
    door.clock.advance(days=idle)

    refusal = await door.refusal(refresh(door, token))

    assert type(refusal) is TokenInvalid


async def test_a_disabled_account_cannot_refresh(door):
    """An operator's decision ends what is going on."""
    ada = await door.user()
    await door.auth.set_user_status(ada.id, StatusAction.DISABLE, door.operator)
    await door.auth.set_user_status(ada.id, StatusAction.ENABLE, door.operator)

    refusal = await door.refusal(refresh(door, door.first.refresh_token))

    assert type(refusal) is TokenInvalid


async def test_a_session_of_a_disabled_account_is_not_live(door):
    """Should a session have been missed, the account's status still counts."""
    ada = await door.user()
    session = door.store.sessions.rows[door.first.session.id]
    await door.auth.set_user_status(ada.id, StatusAction.DISABLE, door.operator)
    door.store.sessions.rows[session.id] = session

    refusal = await door.refusal(refresh(door, door.first.refresh_token))

    assert type(refusal) is TokenInvalid


async def test_a_session_without_its_account_is_over(door):
    """When an account went away in this very moment its token is simply invalid."""
    door.store.users.rows.clear()

    refusal = await door.refusal(refresh(door, door.first.refresh_token))

    assert type(refusal) is TokenInvalid
