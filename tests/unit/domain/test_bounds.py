"""Numbers that no operator can mean."""

import pytest

from doorward.domain.bounds import check_bounds
from doorward.domain.policies.hashing import HashingPolicy
from doorward.domain.policies.lockout import LockoutPolicy
from doorward.domain.policies.password import PasswordPolicy
from doorward.domain.policies.verification import VerificationPolicy


@pytest.mark.parametrize("value", [1, 5, 10])
def test_a_value_may_lie_on_its_bounds(value):
    """Least and most are allowed."""
    outcome = check_bounds(size=(1, value, 10))

    assert outcome is None


@pytest.mark.parametrize("value", [0, 11])
def test_a_value_outside_is_refused_by_name(value):
    """The refusal names the setting and what it may be."""
    with pytest.raises(ValueError, match="SIZE must lie between 1 and 10"):
        check_bounds(size=(1, value, 10))


@pytest.mark.parametrize(
    ("policy", "values"),
    [
        (LockoutPolicy, {"max_failures": 0}),
        (PasswordPolicy, {"min_length": 30, "max_length": 20}),
        (PasswordPolicy, {"max_length": 4096}),
        (PasswordPolicy, {"history": 25}),
        (VerificationPolicy, {"code_length": 3}),
        (HashingPolicy, {"memory_kib": 1}),
        (HashingPolicy, {"slots": 0}),
    ],
)
def test_policies_refuse_what_would_protect_nobody(policy, values):
    """A policy with such numbers cannot be made."""
    with pytest.raises(ValueError, match="must lie between"):
        policy(**values)
