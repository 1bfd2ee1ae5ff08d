"""The page of security: every requirement has a row, and every proof exists."""

import re

import pytest

SECTION = "## OWASP ASVS 5.0"
# The requirements of levels 1 and 2 that concern an account service, by chapter.
CONCERNED = {
    "1.1": (1, 2), "1.2": (1, 2, 3, 4, 5, 9), "1.3": (2, 3, 6, 7, 11), "1.4": (2,), "1.5": (2,),
    "2.1": (1, 2, 3), "2.2": (1, 2), "2.3": (1, 2, 3, 4), "2.4": (1,),
    "3.2": (1, 2), "3.3": (1, 2, 3, 4), "3.4": (1, 2, 3, 4, 5, 6), "3.5": (1, 2, 3), "3.7": (2,),
    "4.1": (1, 2, 3), "4.2": (1,),
    "6.1": (1, 2, 3), "6.2": range(1, 13), "6.3": (1, 2, 3, 4), "6.4": (1, 2, 3, 4), "6.5": (1, 2, 3, 4, 5),
    "6.6": (1, 2, 3), "6.8": (1,),
    "7.1": (1, 2), "7.2": (1, 2, 3, 4), "7.3": (1, 2), "7.4": (1, 2, 3, 4, 5), "7.5": (1, 2), "7.6": (2,),
    "8.1": (1, 2), "8.2": (1, 2, 3), "8.3": (1,),
    "9.1": (1, 2, 3), "9.2": (1, 2, 3, 4),
    "10.3": (1, 3), "10.4": (4, 5, 8),
    "11.1": (1, 2), "11.2": (1, 2, 3), "11.3": (1,), "11.4": (1, 2, 3), "11.5": (1,), "11.6": (1,),
    "12.1": (1,), "12.2": (1,), "12.3": (1, 2),
    "13.1": (1,), "13.2": (3,), "13.3": (1,), "13.4": (1, 2, 4, 5),
    "14.1": (1, 2), "14.2": (1, 2, 3), "14.3": (1, 2, 3),
    "15.1": (1, 2, 3), "15.2": (1, 2, 3), "15.3": (1, 2, 3, 4, 5, 7),
    "16.1": (1,), "16.2": (1, 2, 3, 4, 5), "16.3": (1, 2, 3, 4), "16.4": (1, 2, 3), "16.5": (1, 2, 3),
}  # fmt: skip


@pytest.fixture(scope="module")
def page(source):
    return (source.parents[1] / "docs" / "security.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rows(page):
    """Number, level, what is asked, for whom, and the proof."""
    table = page.partition(SECTION)[2].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table if re.match(r"\| \d", line)]
    return {row[0]: row[1:] for row in cells}


def test_every_requirement_that_concerns_us_has_a_row(rows):
    """None is left out in silence, and none stands there twice or without being on the list."""
    wanted = {f"{section}.{number}" for section, numbers in CONCERNED.items() for number in numbers}

    assert set(rows) == wanted


def test_every_row_has_a_proof_or_says_that_nothing_is_claimed(rows):
    """A claim names a test, a page of ours or a section above."""
    proven = re.compile(r"`tests/|`docs/|`requirements/|\* above")
    bare = [number for number, row in rows.items() if row[2] != "not claimed" and not proven.search(row[3])]

    assert bare == []
    assert [number for number, row in rows.items() if len(row[3]) < 10] == []


def test_every_test_that_is_named_exists(page, source):
    """A test that was renamed takes its place in the table along."""
    root = source.parents[1]
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", page))
    missing = [(file, name) for file, name in named if f"def {name}(" not in (root / file).read_text(encoding="utf-8")]

    assert len(named) > 80
    assert missing == []
