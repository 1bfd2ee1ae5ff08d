"""Every line of the specifications stands in docs/specs.md, with something that exists."""

import ast
import hashlib
import html
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "specs.md"
LISTS = sorted(Path(__file__).parent.glob("lines_*.txt"))
ROW = re.compile(r"\| (\d+) \| (.*?) \| (.*?) \| ([0-9a-f]{16}) \|")
QUOTED = re.compile(r"`([\w.-]+(?:/[\w.-]+)+|[\w-]+\.(?:md|toml|ini))(?:::(\w+))?`")


def rows(number):
    """The rows of one specification: line, text, proof, mark."""
    section = re.search(rf"^## {number}: (.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = section[1].splitlines() if section else []
    return [
        match.groups() if (match := ROW.fullmatch(line)) else (line, "", "", "")
        for line in lines
        if re.match(r"\| *\d", line)
    ]


@cache
def defined_in(path):
    """The functions of a file, by parsing it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def number_of(path):
    return path.stem.removeprefix("lines_")


def plain(cell):
    return html.unescape(re.sub(r"\\([|*`])", r"\1", cell))


def test_there_are_specifications():
    """Nothing below passes because nothing was found."""
    assert {number_of(path) for path in LISTS} == {"000", "001", "002", "003", "004"}


@pytest.mark.parametrize("path", LISTS, ids=number_of)
def test_every_line_has_its_row_in_order(path):
    """One row for each line of the document, no more, and none is malformed."""
    expected = path.read_text(encoding="ascii").split()

    marks = [mark for _, _, _, mark in rows(number_of(path))]

    assert marks == expected
    assert len(expected) > 50


@pytest.mark.parametrize("path", LISTS, ids=number_of)
def test_rows_stand_in_the_order_of_the_document(path):
    """Line numbers grow."""
    numbers = [int(number) for number, *_ in rows(number_of(path))]

    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("path", LISTS, ids=number_of)
def test_what_a_row_quotes_is_the_line(path):
    """A text that is not cut has the mark beside it; a cut one is long."""
    wrong = [
        (number, text)
        for number, text, _, mark in rows(number_of(path))
        if not (
            len(plain(text)) > 60
            if text.endswith("…")
            else hashlib.sha256(plain(text).encode()).hexdigest().startswith(mark)
        )
    ]

    assert wrong == []


@pytest.mark.parametrize("path", LISTS, ids=number_of)
def test_no_row_is_empty(path):
    """A proof, a home or a reason."""
    empty = [number for number, _, proof, _ in rows(number_of(path)) if len(proof.strip()) < 8]

    assert empty == []


@pytest.mark.parametrize("path", LISTS, ids=number_of)
def test_what_is_named_exists(path):
    """Every test and every file, at the place that is named."""
    missing = []
    for number, _, proof, _ in rows(number_of(path)):
        for file, test in QUOTED.findall(proof):
            found = (ROOT / file).is_file() and (not test or test in defined_in(ROOT / file))
            missing += [] if found else [f"line {number}: {file}::{test}"]

    assert missing == []


@pytest.mark.parametrize("path", LISTS, ids=number_of)
def test_half_of_the_rules_are_not_reasons(path):
    """Most rows name a test or a file; a page of excuses would not pass."""
    proofs = [proof for _, text, proof, _ in rows(number_of(path)) if len(plain(text)) > 3]

    named = [proof for proof in proofs if QUOTED.search(proof)]

    assert len(named) > len(proofs) / 2
