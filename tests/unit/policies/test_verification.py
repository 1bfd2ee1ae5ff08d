"""How an address is proven."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from doorward.domain.ids import new_id
from doorward.domain.policies.verification import VerificationPolicy
from doorward.domain.user import Status, User

NOW = datetime(2031, 5, 4, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def ada():
    return User(id=new_id(NOW), password_hash="x", created_at=NOW, password_changed_at=NOW)


@pytest.mark.parametrize(
    ("mode", "is_on", "is_required"), [("off", False, False), ("optional", True, False), ("required", True, True)]
)
def test_a_proof_is_off_optional_or_required(mode, is_on, is_required):
    """Only `required` stands before the first sign-in."""
    policy = VerificationPolicy(mode=mode)

    assert (policy.is_on, policy.is_required) == (is_on, is_required)


@pytest.mark.parametrize(
    ("mode", "verified_at", "status", "active"),
    [
        ("required", NOW, Status.ACTIVE, True),
        ("required", None, Status.ACTIVE, False),
        ("optional", None, Status.ACTIVE, True),
        ("off", None, Status.LOCKED, False),
        ("required", NOW, Status.DISABLED, False),
    ],
)
def test_an_account_is_active_if_it_can_be_used(ada, mode, verified_at, status, active):
    """ACTIVE, and proven where that is required."""
    user = replace(ada, verified_at=verified_at, status=status)

    assert VerificationPolicy(mode=mode).is_active(user) is active


@pytest.mark.parametrize(("link", "longest"), [(True, DAY), (False, HOUR)])
def test_a_link_that_is_off_prolongs_nothing(link, longest):
    """The longest life is that of the proofs that there are."""
    policy = VerificationPolicy(code_ttl=HOUR, link_ttl=DAY, link=link)

    assert policy.longest_ttl == longest


@pytest.mark.parametrize(("link", "ttl"), [(True, DAY), (False, None)])
def test_a_link_that_is_off_has_no_lifetime(link, ttl):
    """No clock is started for a link that is not sent."""
    policy = VerificationPolicy(link_ttl=DAY, link=link)

    assert policy.active_link_ttl == ttl


def test_the_tries_of_a_code_are_remembered_longer_than_the_code():
    """No code gets fresh tries while it is still good."""
    policy = VerificationPolicy()

    assert policy.tries_per_code().window > policy.longest_ttl


def test_the_hour_has_its_own_budget():
    """Tries are counted for the account too, so that new codes give no new tries."""
    budget = VerificationPolicy().tries_per_hour()

    assert (budget.limit, budget.window) == (10, HOUR)


@pytest.mark.parametrize(("cooldown", "has_budget"), [(timedelta(seconds=30), True), (None, False)])
def test_a_cooldown_can_be_switched_off(cooldown, has_budget):
    """Without a cooldown there is nothing to count between two mails."""
    budget = VerificationPolicy(resend_cooldown=cooldown).resends()

    assert (budget is not None) is has_budget
