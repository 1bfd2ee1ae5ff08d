"""What a text means that is looked for among accounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.search import KEY_LENGTH, Search, search_key


@pytest.mark.parametrize(
    ("name", "key"),
    [("Ada", "ada"), ("  Zoë\tMary ", "zoe mary"), ("STRAẞE", "strasse"), ("İpek", "ipek"), ("", ""), ("\u0301", "")],
)
def test_a_key_has_one_case_no_accents_and_single_spaces(name, key):
    """Names that a person would look for alike have one key."""
    assert search_key(name) == key


@given(text=st.text(max_size=300))
def test_a_key_is_its_own_key(text):
    """Looking for a key finds what has it; no key is longer than its column."""
    key = search_key(text)

    assert search_key(key)[: len(key)] == key or len(key) == KEY_LENGTH
    assert len(key) <= KEY_LENGTH


@given(text=st.text(min_size=1, max_size=100))
def test_no_alternative_begins_with_nothing(text):
    """An empty beginning would find everybody."""
    alternatives = Search.of(text).alternatives

    assert all(beginning for one in alternatives for beginning in one.values())


def test_a_number_is_looked_for_however_it_is_written():
    """Spaces and brackets are not part of it."""
    assert {"phone": "+15551"} in Search.of("+1 (555)-1").alternatives
    assert {"phone": "+15551"} in Search.of("15551").alternatives
    assert {"phone": "ada"} in Search.of("Ada").alternatives


def test_two_words_are_first_and_last_name_in_either_order():
    """Each of the first spaces may be the one between them."""
    alternatives = Search.of("Mary Ann Smi").alternatives

    assert {"first_name_key": "mary ann", "last_name_key": "smi"} in alternatives
    assert {"first_name_key": "ann smi", "last_name_key": "mary"} in alternatives
    assert len(Search.of(" ".join("abcdefgh")).alternatives) == 6 + 2 * 4
