"""The tree of refusals: every leaf has a code of its own, and the picture of the tree is complete."""

import re
from itertools import pairwise

import pytest

from doorward.domain import errors
from doorward.domain.errors import AuthError, Busy, CodeIncorrect, IdentifierTaken, InvalidInput, Violation


def _below(cls):
    return {found for child in cls.__subclasses__() for found in (child, *_below(child))}


@pytest.fixture(scope="module")
def tree():
    """Every class below AuthError that the module defines."""
    return {cls for cls in _below(AuthError) if cls.__module__ == errors.__name__}


@pytest.fixture(scope="module")
def drawn():
    """The picture in the docstring: category and leaves of each line."""
    picture = errors.__doc__.split("\n\n")[1].replace("\n│                           · ", " · ")
    rows = [re.findall(r"[A-Z]\w+", line) for line in picture.splitlines()[1:]]
    return {row[0]: set(row[1:]) for row in rows}


def test_every_leaf_has_a_code(tree):
    """What nothing derives from, or what is raised as it is, has a code."""
    leaves = {cls for cls in tree if not cls.__subclasses__()}

    assert [cls.__name__ for cls in leaves if not isinstance(getattr(cls, "code", None), str)] == []


def test_codes_are_unique_and_snake_case(tree):
    """Programs tell refusals apart by their codes."""
    codes = [vars(cls)["code"] for cls in tree if "code" in vars(cls)]

    assert len(codes) > 15
    assert len(set(codes)) == len(codes)
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []


def test_a_code_is_the_name_of_its_class(tree):
    """`EmailNotVerified` is `email_not_verified`; only InvalidInput has kept an older code."""
    named = {cls: re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower() for cls in tree if "code" in vars(cls)}

    assert {cls.__name__ for cls, name in named.items() if cls.code != name} == {"InvalidInput"}


def test_the_picture_names_every_class(tree, drawn):
    """Each class stands in the docstring's tree, under the class that it derives from."""
    grown = {
        cls.__name__: {child.__name__ for child in cls.__subclasses__() if child in tree}
        for cls in AuthError.__subclasses__()
        if cls in tree
    }

    assert drawn == grown
    assert {name for row in drawn.items() for name in (row[0], *row[1])} == {cls.__name__ for cls in tree}


def test_the_tree_has_two_levels(tree):
    """A leaf derives from its category, a category from AuthError: a status is found with one look."""
    assert {len(cls.__mro__) for cls in tree} <= {len(AuthError.__mro__) + 1, len(AuthError.__mro__) + 2}


def test_a_refusal_carries_data_and_no_sentences():
    """What is refused is said in data: kinds, numbers and pointers, for others to put into words."""
    violations = (Violation("/email", "required"), Violation("/password", "too_short", {"min": 8}))

    assert InvalidInput(*violations).violations == violations
    assert IdentifierTaken("username").kind == "username"
    assert CodeIncorrect(3).attempts_left == 3
    assert (Busy().dependency, Busy(5).retry_after) == ("hashing", 5)


def test_waiting_times_are_never_shorter_than_a_second():
    """A client that is told to wait is never told to hammer."""
    waits = [errors.TooManyRequests(seconds).retry_after for seconds in (-5, 0, 0.2, 1, 7.5)]

    assert waits == [1, 1, 1, 1, 7.5]
    assert all(earlier <= later for earlier, later in pairwise(waits))
