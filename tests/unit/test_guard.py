"""Guessing passwords: accounts that lock, and accounts that make one wait."""

from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.domain.errors import AccountLocked, InvalidCredentials, TooManyRequests
from doorward.domain.policies.lockout import LockoutPolicy
from doorward.domain.user import Status
from doorward.ports.writes import SaveUser
from doorward.use_cases.set_user_status import StatusAction

LOCK_FOR_AN_HOUR = LockoutPolicy(mode="lock", max_failures=3, lock_ttl=timedelta(hours=1))


def kinds(outcomes):
    return {type(outcome) for outcome in outcomes}


# Accounts that lock


async def test_three_failures_lock_nothing(engine):
    """After as many failures as are allowed the account is still active."""
    door = engine()
    await door.created()

    await door.fail(3)

    assert (await door.user()).status is Status.ACTIVE


async def test_the_fourth_failure_is_answered_like_the_others(engine):
    """The failure that locks does not tell that it does."""
    door = engine()
    await door.created()

    refusals = await door.fail(4)

    assert kinds(refusals) == {InvalidCredentials}


async def test_the_fourth_failure_locks(engine):
    """One failure more than is allowed sets the status LOCKED."""
    door = engine()
    await door.created()

    await door.fail(4)

    assert (await door.user()).status is Status.LOCKED


@pytest.mark.parametrize("password", ["wrong password", "correct horse battery staple"])
async def test_a_locked_account_is_locked_whatever_the_password(engine, password):
    """From the fifth try on the password makes no difference."""
    door = engine()
    await door.created()
    await door.fail(4)

    refusal = await door.refusal(door.sign_in(password=password))

    assert type(refusal) is AccountLocked


async def test_a_locked_account_is_answered_before_the_hash(engine):
    """No password is compared for an account that is locked."""
    door = engine()
    await door.created()
    await door.fail(4)
    before = door.hasher.computed

    await door.fail(1)

    assert door.hasher.computed == before


async def test_an_unknown_address_never_locks(engine):
    """However often one tries, an address that nobody has is answered alike."""
    door = engine()

    refusals = await door.fail(12, "nobody@example.com")

    assert kinds(refusals) == {InvalidCredentials}


async def test_success_resets_the_failures(engine):
    """`failed_attempts` is zero after the right password."""
    door = engine()
    await door.created()
    await door.fail(3)

    await door.sign_in()

    assert (await door.user()).failed_attempts == 0


async def test_only_consecutive_failures_lock(engine):
    """Failures before a success no longer count."""
    door = engine()
    await door.created()
    await door.fail(3)
    await door.sign_in()

    await door.fail(3)

    assert (await door.user()).status is Status.ACTIVE


async def test_failures_are_counted_at_the_user(engine):
    """`failed_attempts` says how many passwords were wrong."""
    door = engine()
    await door.created()

    await door.fail(2)

    assert (await door.user()).failed_attempts == 2


async def test_a_lock_is_audited_once(engine):
    """The log says when the account was locked, however often somebody knocks afterwards."""
    door = engine()
    await door.created()
    await door.fail(4)

    await door.fail(3)

    assert (await door.audit()).count("ACCOUNT_LOCKED") == 1


async def test_a_sign_in_at_a_locked_account_is_audited(engine):
    """Knocking at a locked account leaves a trace."""
    door = engine()
    await door.created()
    await door.fail(4)

    await door.fail(2)

    assert (await door.audit()).count("LOGIN_FAILURE") == 6


async def test_live_sessions_go_on_when_strangers_lock_the_account(engine):
    """A lock keeps strangers out, it does not throw the owner out."""
    door = engine()
    ada = await door.created()
    signed_in = await door.sign_in()
    await door.fail(4)

    current = await door.auth.authenticate(signed_in.access.token)

    assert current.user.id == ada.id


async def test_a_lock_with_an_end_is_over_at_that_moment(engine):
    """Where locks end by themselves, the right password works again."""
    door = engine(lockout=LOCK_FOR_AN_HOUR)
    ada = await door.created()
    await door.fail(4)
    door.clock.advance(hours=1)

    signed_in = await door.sign_in()

    assert signed_in.user.id == ada.id


async def test_a_lock_with_an_end_holds_until_then(engine):
    """A minute before its end the lock still holds."""
    door = engine(lockout=LOCK_FOR_AN_HOUR)
    await door.created()
    await door.fail(4)
    door.clock.advance(minutes=59)

    refusal = await door.refusal(door.sign_in())

    assert type(refusal) is AccountLocked


async def test_an_account_locks_again_after_a_lock_that_has_ended(engine):
    """A lock that is over gives all tries back, and no more."""
    door = engine(lockout=LOCK_FOR_AN_HOUR)
    await door.created()
    await door.fail(4)
    door.clock.advance(hours=1)
    await door.fail(4)

    refusal = await door.refusal(door.sign_in())

    assert type(refusal) is AccountLocked


async def test_a_lock_that_a_crash_left_unwritten_is_written_at_the_next_try(engine):
    """The failures were counted and the process died: the next try finds the account locked all the same."""
    door = engine()
    ada = await door.created()
    await door.fail(4)
    door.store.users.rows[ada.id] = ada

    refusal = await door.refusal(door.sign_in())

    assert (type(refusal), (await door.user()).status) == (AccountLocked, Status.LOCKED)


async def test_failures_never_turn_disabled_into_locked(engine):
    """A lock can be lifted by mail; so guessing at a disabled account must not make it a locked one."""
    door = engine()
    ada = await door.created()
    await door.auth.set_user_status(ada.id, StatusAction.DISABLE, door.operator)

    await door.fail(6)

    assert (await door.user()).status is Status.DISABLED


async def test_an_operator_who_disables_at_the_same_time_wins(engine):
    """The lock gives way to a decision that was taken while the last password was compared."""
    door = engine()
    ada = await door.created()
    await door.fail(3)
    attempt = await door.auth.sign_in.passwords.guard.reserve("ada@example.com", ada, door.client)
    await door.store.commit(SaveUser(ada, replace(ada, status=Status.DISABLED)))

    await door.auth.sign_in.passwords.guard.failed(attempt)

    assert (await door.user()).status is Status.DISABLED


# Accounts that make one wait


@pytest.mark.parametrize("identifier", ["ada@example.com", "nobody@example.com", "???"])
async def test_five_failures_have_no_consequence(engine, identifier):
    """The first five wrong passwords are answered at once, for strangers too."""
    door = engine("delay")
    await door.created()

    refusals = await door.fail(5, identifier)

    assert kinds(refusals) == {InvalidCredentials}


@pytest.mark.parametrize("identifier", ["ada@example.com", "nobody@example.com", "???"])
async def test_the_sixth_try_must_wait_thirty_seconds(engine, identifier):
    """After five failures known and unknown identifiers wait alike."""
    door = engine("delay")
    await door.created()
    await door.fail(5, identifier)

    refusal = (await door.fail(1, identifier))[0]

    assert (type(refusal), refusal.retry_after) == (TooManyRequests, 30)


async def test_the_right_password_must_wait_too(engine):
    """Waiting would be no protection if the right password were let through."""
    door = engine("delay")
    await door.created()
    await door.fail(5)

    refusal = await door.refusal(door.sign_in())

    assert type(refusal) is TooManyRequests


async def test_waiting_is_answered_before_the_hash(engine):
    """No password is compared while one has to wait."""
    door = engine("delay")
    await door.created()
    await door.fail(5)
    before = door.hasher.computed

    await door.fail(3)

    assert door.hasher.computed == before


@pytest.mark.parametrize("identifier", ["ada@example.com", "nobody@example.com"])
async def test_the_wait_doubles_up_to_a_quarter_of_an_hour(engine, identifier):
    """Each further failure doubles the wait, for strangers too."""
    door = engine("delay")
    await door.created()
    await door.fail(5, identifier)
    waits = []

    for _ in range(7):
        waits.append((await door.fail(1, identifier))[0].retry_after)
        door.clock.advance(seconds=waits[-1])
        await door.fail(1, identifier)

    assert waits == [30, 60, 120, 240, 480, 900, 900]


async def test_after_the_wait_the_right_password_signs_in(engine):
    """Nobody is ever locked out for good."""
    door = engine("delay")
    ada = await door.created()
    await door.fail(5)
    door.clock.advance(seconds=30)

    signed_in = await door.sign_in()

    assert signed_in.user.id == ada.id


async def test_waiting_never_changes_the_status(engine):
    """Where one has to wait, no account is ever LOCKED."""
    door = engine("delay")
    await door.created()

    for _ in range(12):
        await door.fail(1)
        door.clock.advance(minutes=15)

    assert (await door.user()).status is Status.ACTIVE


async def test_success_ends_the_waiting(engine):
    """After a success there are five tries again."""
    door = engine("delay")
    await door.created()
    await door.fail(5)
    door.clock.advance(seconds=30)
    await door.sign_in()

    refusals = await door.fail(5)

    assert kinds(refusals) == {InvalidCredentials}


async def test_failures_elsewhere_do_not_make_the_owner_wait(engine):
    """Where accounts wait, they wait by network: who guesses from another one blocks only himself."""
    door = engine("delay")
    await door.created()
    for _ in range(5):
        await door.refusal(door.sign_in(password="Wrong-Horse-1", network="203.0.113.9"))

    refused = await door.refusal(door.sign_in(password="Wrong-Horse-1", network="203.0.113.9"))

    assert type(refused) is TooManyRequests
    assert (await door.sign_in()).user.email == "ada@example.com"


async def test_an_account_is_never_guessed_at_more_than_a_hundred_times_in_a_row(engine):
    """However many networks take part, after a hundred failures everybody waits (NIST SP 800-63B-4)."""
    door = engine("delay")
    await door.created()
    for n in range(100):
        await door.refusal(door.sign_in(password="Wrong-Horse-1", network=f"198.51.100.{n}"))

    refused = await door.refusal(door.sign_in(network="192.0.2.1"))

    assert type(refused) is TooManyRequests


async def test_an_address_gets_a_bounded_number_of_letters(engine):
    """However many sign-ups name one address, it is not flooded, and nothing tells that letters were held back."""
    door = engine("modern")
    answers = [await door.auth.register_concealed(door.form()) for _ in range(25)]

    depth = await door.auth.parts.outbox.depth()

    assert len(set(answers)) == 25
    assert depth["messages"] == 20


async def test_where_accounts_wait_a_lock_is_told_only_to_its_owner(engine):
    """An operator's lock answers a stranger like an unknown address."""
    door = engine("delay")
    ada = await door.created()
    await door.auth.set_user_status(ada.id, StatusAction.LOCK, door.operator)

    stranger = await door.refusal(door.sign_in(password="wrong password"))
    owner = await door.refusal(door.sign_in())

    assert (type(stranger), type(owner)) == (InvalidCredentials, AccountLocked)


async def test_two_names_of_one_account_are_not_told_by_their_wait(engine):
    """Failures under a user name do not show when the address is tried."""
    door = engine("delay")
    await door.auth.register(door.form(username="ada.l"))
    for _ in range(6):
        await door.refusal(door.sign_in("ada.l", "wrong password"))

    refusal = await door.refusal(door.sign_in("ada@example.com", "wrong password"))

    assert type(refusal) is InvalidCredentials
