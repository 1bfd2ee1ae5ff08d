"""Rules for new passwords."""

import pytest

from doorward.domain.password import Password
from doorward.domain.policies.password import PasswordPolicy

SPEC_000 = PasswordPolicy(require=("upper", "digit", "special"), block_common=False)
SPEC_001 = PasswordPolicy(max_length=20, require=("upper", "lower", "digit", "special"), block_common=False)
WORDS = ("lovelace", "augusta")


def codes(policy, text, *, own_words=(), is_common=False):
    broken = policy.violations(Password(text), pointer="/password", own_words=own_words, is_common=is_common)
    return [violation.code for violation in broken]


@pytest.mark.parametrize(
    ("policy", "text", "expected"),
    [
        (SPEC_000, "Password1!", []),
        (SPEC_000, "password", ["no_uppercase", "no_digit", "no_special"]),
        (SPEC_000, "Pass 1 Word", ["no_special"]),
        (SPEC_000, "P1!", ["too_short"]),
        (SPEC_001, "PASSWORD1!", ["no_lowercase"]),
        (SPEC_001, "Aa1!" * 5, []),
        (SPEC_001, "Aa1!" * 5 + "x", ["too_long"]),
        (PasswordPolicy(), "all lower case letters", []),
        (PasswordPolicy(), "ß" * 8, []),
        (PasswordPolicy(), "nul\0byte", ["not_hashable"]),
        (PasswordPolicy(max_length=1024), "é" * 600, ["not_hashable"]),
    ],
)
def test_all_broken_rules_are_named_at_once(policy, text, expected):
    """Length is in characters, classes are those that the policy asks for."""
    found = codes(policy, text)

    assert found == expected


def test_a_violation_says_what_would_be_enough():
    """A form can show the limit."""
    broken = PasswordPolicy(min_length=12).violations(
        Password("short"), pointer="/new_password", own_words=(), is_common=False
    )

    assert [(v.pointer, v.params) for v in broken] == [("/new_password", {"min": 12})]


@pytest.mark.parametrize(("block", "expected"), [(True, ["too_common"]), (False, [])])
def test_common_passwords_are_refused_where_the_policy_blocks_them(block, expected):
    """The list counts only where it is switched on."""
    found = codes(PasswordPolicy(block_common=block), "password1", is_common=True)

    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lovelace", ["contains_identifier"]),
        ("Lovelace1815", ["contains_identifier"]),
        ("AugustaLovelace!", ["contains_identifier"]),
        ("lovelace likes tea", []),
        ("analytical", []),
        ("short", ["too_short"]),
    ],
)
def test_a_password_made_of_own_words_is_refused(text, expected):
    """What is left without the own words must be a password of its own."""
    found = codes(PasswordPolicy(), text, own_words=WORDS)

    assert found == expected


def test_own_words_count_only_where_the_policy_blocks_them():
    """A profile whose spec names its rules completely adds none."""
    found = codes(PasswordPolicy(block_common=False), "lovelace1815", own_words=WORDS)

    assert found == []
