"""Refusals: one tree, stable codes, typed data."""

import pytest

from doorward.domain import errors
from doorward.domain.errors import AuthError, Busy, InvalidInput, TooManyRequests, Violation

LEAVES = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, AuthError) and "code" in vars(kind)
]


@pytest.mark.parametrize("kind", LEAVES)
def test_each_refusal_is_named_in_the_tree_at_the_top(kind):
    """Whoever reads the module's first lines knows all refusals."""
    tree = errors.__doc__

    assert kind.__name__ in tree


def test_no_two_refusals_share_a_code():
    """Programs tell refusals apart by their codes."""
    codes = [kind.code for kind in LEAVES]

    assert len(codes) == len(set(codes))


def test_bad_input_names_all_broken_rules():
    """The text of the refusal has a pointer and a code for each rule."""
    refusal = InvalidInput(Violation("/email", "required"), Violation("/password", "too_short"))

    assert str(refusal) == "/email: required, /password: too_short"


def test_nobody_is_asked_to_come_back_at_once():
    """`retry_after` is a second at least."""
    refusal = TooManyRequests(0.02)

    assert refusal.retry_after == 1.0


def test_a_full_queue_is_a_dependency_that_does_not_answer():
    """Busy says what is busy and when to come back."""
    refusal = Busy(3.0)

    assert (refusal.dependency, refusal.retry_after) == ("hashing", 3.0)
