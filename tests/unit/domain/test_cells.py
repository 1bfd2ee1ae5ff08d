"""Cells that no spreadsheet runs."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.cells import csv_line, guarded, restored


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "'=1", "\uff1d1"])
def test_a_formula_becomes_text(value):
    """By an apostrophe in front."""
    assert guarded(value) == f"'{value}"


@pytest.mark.parametrize(("value", "cell"), [(None, ""), ("", "'"), (7, "7"), ("Ada", "Ada"), ("a;=1", "a;'=1")])
def test_other_values_stay(value, cell):
    """Nothing is an empty cell, an empty text an apostrophe alone; a semicolon may begin a cell."""
    assert guarded(value) == cell


@given(st.text())
def test_every_text_comes_back(text):
    """Whatever it holds."""
    assert restored(guarded(text)) == text
    assert restored("") is None


def test_a_line_holds_one_cell_for_each_value():
    """Quoted where that is needed."""
    line = csv_line(["=1", None, 'a "b", c', 3])

    assert next(csv.reader([line])) == ["'=1", "", 'a "b", c', "3"]
    assert line.endswith("\n")
