"""Passwords as typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.password import MAX_BYTES, Password, is_special


@given(text=st.text())
def test_two_keyboards_give_one_password(text):
    """Composed and decomposed spellings are the same password."""
    decomposed = unicodedata.normalize("NFD", text)

    assert Password.typed(decomposed) == Password.typed(text)


@given(text=st.text(st.characters(codec="ascii")))
def test_ascii_is_taken_exactly_as_typed(text):
    """Case, spaces and every other character count."""
    password = Password.typed(text)

    assert password.text == text


@given(character=st.characters())
def test_special_is_what_is_no_letter_digit_space_or_control(character):
    """The definition that the specs' password rule needs."""
    ordinary = unicodedata.category(character)[0] in "LNZC"

    assert is_special(character) is not ordinary


@given(text=st.text(st.characters()))
def test_no_text_is_too_odd_to_be_judged(text):
    """Whether a text can be hashed is always answered."""
    answer = Password(text).is_hashable

    assert answer in (True, False)


@pytest.mark.parametrize(
    ("text", "hashable"),
    [
        ("a" * MAX_BYTES, True),
        ("a" * (MAX_BYTES + 1), False),
        ("é" * (MAX_BYTES // 2), True),
        ("é" * (MAX_BYTES // 2 + 1), False),
        ("nul\0byte", False),
        ("half a pair \ud83d", False),
    ],
)
def test_only_what_a_hash_takes_whole_is_hashable(text, hashable):
    """Nothing is cut: too many bytes, NUL and broken Unicode are refused instead."""
    answer = Password(text).is_hashable

    assert answer is hashable


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("Ada1!", (True, True, True, True)),
        ("ada", (False, True, False, False)),
        ("ADA", (True, False, False, False)),
        ("Éñ", (True, True, False, False)),
        ("42", (False, False, True, False)),
        ("٤٢", (False, False, True, False)),
        ("日本 €", (False, False, False, True)),
    ],
)
def test_character_classes_are_those_of_unicode(text, classes):
    """Letters and digits of every script count as what they are."""
    password = Password(text)

    assert (password.has_upper(), password.has_lower(), password.has_digit(), password.has_special()) == classes


def test_a_password_never_shows_itself():
    """A password in a log line or traceback stays hidden."""
    shown = repr(Password("hunter2hunter2"))

    assert "hunter2" not in shown


def test_own_words_are_taken_out_longest_first():
    """A word that contains another one is taken out whole."""
    rest = Password("Lovelace-LOVE-1815").without(("love", "lovelace"))

    assert rest == "--1815"
