"""Signing in: one answer for strangers and mistakes, a session for the right password."""

import asyncio
from datetime import timedelta

import pytest

from doorward.adapters.hashing import PooledPasswordHasher
from doorward.domain.errors import AccountDisabled, Busy, EmailNotVerified, InvalidCredentials
from doorward.domain.password import Password
from doorward.domain.policies.hashing import HashingPolicy
from doorward.domain.policies.session import SessionPolicy
from doorward.use_cases.set_user_status import StatusAction


async def test_a_right_password_opens_a_session_for_its_user(engine):
    """The session that comes back belongs to the one who signed in."""
    door = engine()
    ada = await door.created()

    signed_in = await door.sign_in()

    assert signed_in.session.user_id == ada.id


async def test_a_session_remembers_where_it_came_from(engine):
    """Address and device of the client stand in the session."""
    door = engine()
    await door.created()

    session = (await door.sign_in()).session

    assert (session.ip_address, session.device) == ("192.0.2.7", "a laptop")


async def test_the_access_token_is_taken_by_authenticate(engine):
    """What sign-in hands out identifies the user afterwards."""
    door = engine()
    ada = await door.created()

    current = await door.current()

    assert current.user.id == ada.id


async def test_the_time_of_a_sign_in_is_kept(engine):
    """`last_login_at` is the moment of the last sign-in."""
    door = engine()
    await door.created()
    door.clock.advance(hours=3)

    await door.sign_in()

    assert (await door.user()).last_login_at == door.clock()


@pytest.mark.parametrize("typed", ["ADA@Example.com", " ada@example.com ", "ada@\uff45xample.com"])
async def test_any_spelling_of_the_address_signs_in(engine, typed):
    """Case, surrounding space and width of letters make no difference."""
    door = engine()
    ada = await door.created()

    signed_in = await door.sign_in(typed)

    assert signed_in.user.id == ada.id


async def test_a_user_name_signs_in_like_an_address(engine):
    """Whoever chose a user name may sign in with it."""
    door = engine()
    ada = await door.auth.register(door.form(username="Ada.L"))

    signed_in = await door.sign_in("ada.l")

    assert signed_in.user.id == ada.id


@pytest.mark.parametrize("identifier", ["nobody@example.com", "ada@example.com", "+4915112345678", "???", ""])
async def test_strangers_and_mistakes_get_one_answer(engine, identifier):
    """An unknown, an impossible and a known identifier with a wrong password are answered alike."""
    door = engine()
    await door.created()

    refusal = await door.refusal(door.sign_in(identifier, "wrong password"))

    assert type(refusal) is InvalidCredentials


@pytest.mark.parametrize("identifier", ["nobody@example.com", "ada@example.com", "???"])
async def test_strangers_and_mistakes_cost_one_hash(engine, identifier):
    """Time does not tell whether an account exists: exactly one hash is computed for each."""
    door = engine()
    await door.created()
    before = door.hasher.computed

    await door.fail(1, identifier)

    assert door.hasher.computed - before == 1


@pytest.mark.parametrize("password", ["", "\0", "x" * 2000, "\ud800"])
async def test_a_password_that_nobody_can_have_is_just_wrong(engine, password):
    """What could never be hashed is answered like any other mistake."""
    door = engine()
    await door.created()

    refusal = await door.refusal(door.sign_in(password=password))

    assert type(refusal) is InvalidCredentials


async def test_a_disabled_account_is_told_after_the_right_password(engine):
    """The owner learns that an operator has disabled the account."""
    door = engine()
    ada = await door.created()
    await door.auth.set_user_status(ada.id, StatusAction.DISABLE, door.operator)

    refusal = await door.refusal(door.sign_in())

    assert type(refusal) is AccountDisabled


async def test_a_disabled_account_is_not_told_after_a_wrong_password(engine):
    """A stranger learns nothing about a disabled account."""
    door = engine()
    ada = await door.created()
    await door.auth.set_user_status(ada.id, StatusAction.DISABLE, door.operator)

    refusal = (await door.fail(1))[0]

    assert type(refusal) is InvalidCredentials


async def test_an_unproven_address_cannot_sign_in_where_proof_is_required(engine):
    """With the right password one learns that the address still waits for its proof."""
    door = engine("code-activation")
    await door.created(verified=False)

    refusal = await door.refusal(door.sign_in())

    assert type(refusal) is EmailNotVerified


async def test_an_unproven_address_may_sign_in_where_proof_is_optional(engine):
    """Optional verification does not stand before the sign-in."""
    door = engine("link-activation")
    ada = await door.created(verified=False)

    signed_in = await door.sign_in()

    assert signed_in.user.id == ada.id


async def test_without_refresh_there_is_no_refresh_token(engine):
    """Where sessions are not refreshed, none is handed out."""
    door = engine(session=SessionPolicy(refresh_ttl=None))
    await door.created()

    signed_in = await door.sign_in()

    assert signed_in.refresh_token is None


async def test_without_refresh_a_session_ends_with_its_access_token(engine):
    """The lifetime of a session that cannot be refreshed is that of its token."""
    door = engine(session=SessionPolicy(refresh_ttl=None, access_ttl=timedelta(minutes=30)))
    await door.created()

    signed_in = await door.sign_in()

    assert signed_in.session.expires_at == door.clock() + timedelta(minutes=30)


async def test_an_old_hash_is_made_anew_at_sign_in(engine, hasher):
    """A hash of weaker parameters is replaced when the right password is at hand."""
    stronger = PooledPasswordHasher(HashingPolicy(memory_kib=16, time_cost=1, slots=1))
    door = engine(hasher=stronger)
    ada = await door.created()
    weak = await hasher.hash(Password(password := "correct horse battery staple"))
    door.store.users.rows[ada.id] = ada.with_password(weak, ada.password_changed_at)

    await door.sign_in(password=password)
    is_outdated = stronger.is_outdated((await door.user()).password_hash)
    stronger.close()

    assert not is_outdated


async def test_a_full_queue_says_busy_and_gives_the_try_back(engine):
    """A try that was never judged does not count."""
    narrow = PooledPasswordHasher(HashingPolicy(memory_kib=8, time_cost=1, slots=1, queue=0))
    door = engine(hasher=narrow)
    await door.created()

    outcomes = await asyncio.gather(*(door.refusal(door.sign_in(password="wrong")) for _ in range(3)))
    narrow.close()

    assert [type(outcome) for outcome in outcomes] == [InvalidCredentials, Busy, Busy]


async def test_tries_that_were_too_many_for_the_hasher_do_not_count(engine):
    """After Busy the account has as many failures as passwords were compared."""
    narrow = PooledPasswordHasher(HashingPolicy(memory_kib=8, time_cost=1, slots=1, queue=0))
    door = engine(hasher=narrow)
    await door.created()

    await asyncio.gather(*(door.refusal(door.sign_in(password="wrong")) for _ in range(3)))
    narrow.close()

    assert (await door.user()).failed_attempts == 1


async def test_each_try_is_written_down(engine):
    """Failures and successes stand in the account's login attempts, newest first."""
    door = engine()
    ada = await door.created()
    await door.fail(1)

    await door.sign_in()

    assert [a.success for a in await door.store.audit.login_attempts(ada.id, 10)] == [True, False]


async def test_an_unknown_identifier_is_kept_masked(engine):
    """Somebody may have typed a password into the e-mail box: the text itself is not kept."""
    door = engine()

    await door.fail(1, "secret-that-slipped")

    assert not any("secret" in a.email for a in door.store.audit.attempts.values())


async def test_a_sign_in_is_published(engine):
    """Others hear of a sign-in by its wire name."""
    door = engine()
    await door.created()
    await door.sign_in()

    await door.auth.deliver_events("tests")

    assert [e["type"] for e in door.listener.events] == ["user.registered", "user.signed_in"]
