"""Who may sign up and what a sign-up must say."""

import pytest

from doorward.domain.policies.registration import RegistrationPolicy, check_text


@pytest.mark.parametrize(("duplicates", "conceals"), [("conceal", True), ("reveal", False)])
def test_duplicates_are_concealed_or_revealed(duplicates, conceals):
    """The policy says which of the two sign-ups is meant."""
    policy = RegistrationPolicy(duplicates=duplicates)

    assert policy.conceals is conceals


@pytest.mark.parametrize("given", [{}, {"email": None}, {"email": ""}, {"email": " \t"}])
def test_absent_and_blank_are_both_missing(given):
    """A member of spaces says nothing."""
    missing = RegistrationPolicy(required_fields=("email",)).missing(given)

    assert [(v.pointer, v.code) for v in missing] == [("/email", "required")]


def test_what_is_not_required_is_not_missed():
    """Only the policy's own members are asked for."""
    missing = RegistrationPolicy(required_fields=()).missing({})

    assert missing == []


def test_overlong_text_says_how_long_it_may_be():
    """A form can show the limit."""
    broken = check_text("/address", "x" * 11, max_length=10)

    assert broken[0].params == {"max": 10}
