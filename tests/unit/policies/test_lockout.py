"""What failed sign-ins lead to."""

from datetime import UTC, datetime, timedelta

from doorward.domain.policies.lockout import LockoutPolicy

NOW = datetime(2031, 5, 4, tzinfo=UTC)


def test_the_failure_after_the_allowed_ones_locks():
    """Three allowed failures make a budget of four tries."""
    budget = LockoutPolicy(mode="lock", max_failures=3).budget()

    assert (budget.limit, budget.delay) == (4, None)


def test_delays_begin_when_the_allowed_failures_are_used_up():
    """Five allowed failures make a budget of five tries, and a wait after it."""
    budget = LockoutPolicy(mode="delay", max_failures=5).budget()

    assert (budget.limit, budget.delay) == (5, timedelta(seconds=30))


def test_a_lock_has_no_end_unless_it_is_given_one():
    """Without `lock_ttl` a lock waits for somebody to lift it."""
    until = LockoutPolicy(mode="lock").locked_until(NOW)

    assert until is None


def test_a_lock_ends_after_the_time_it_is_given():
    """`lock_ttl` counts from the failure that locks."""
    until = LockoutPolicy(mode="lock", lock_ttl=timedelta(hours=1)).locked_until(NOW)

    assert until == NOW + timedelta(hours=1)
