"""Charts as shapes, words and a table."""

import pytest

from doorward.http.pages.console.charts import Series, chart
from doorward.languages import speech

DAYS = ("Nov 1", "Nov 2", "Nov 3")


def drawn(*series, labels=DAYS, language="en", **options):
    return chart("c", "Sign-ins", series, labels, speech(language), **options)


def test_bars_stand_upon_each_other():
    """The second series begins where the first ends, and the scale ends at a round number above the highest pile."""
    made = drawn(Series("ok", (2, 0, 4), "good"), Series("failed", (2, 0, 4), "bad"))

    assert made.scale == ("8", "4", "0")
    assert made.width == 30
    assert [(shape.look, shape.path) for shape in made.shapes] == [
        ("good", "M1.5 75h7v25h-7zM21.5 50h7v50h-7z"),
        ("bad", "M1.5 50h7v25h-7zM21.5 0h7v50h-7z"),
    ]


def test_lines_go_from_middle_to_middle():
    """Each for itself: the scale is made for the highest of them."""
    made = drawn(Series("ok", (0, 5, 10)), Series("failed", (10, 0, 0)), kind="lines")

    assert [shape.path for shape in made.shapes] == ["M5 100 15 50 25 0", "M5 0 15 100 25 100"]
    assert made.scale == ("10", "5", "0")


@pytest.mark.parametrize(
    ("highest", "top"),
    [(0, 2), (1, 2), (2, 2), (3, 4), (9, 10), (10, 10), (21, 40), (99, 100), (101, 200), (999, 1000), (6001, 8000)],
)
def test_the_scale_ends_at_an_even_round_number(highest, top):
    """So that its middle is a whole one."""
    made = drawn(Series("all", (highest,)), labels=("now",))

    assert made.scale[0] == speech("en").number(top)
    assert made.scale[1] == speech("en").number(top // 2)


def test_what_is_drawn_stands_in_a_table_too():
    """With totals in the legend and a sentence for whoever cannot see it, in the reader's way of writing numbers."""
    made = drawn(Series("ok", (1000, 0, 500), "good"), Series("failed", (1, 2, 3), "bad"), language="de")

    assert made.rows == [("Nov 1", ["1.000", "1"]), ("Nov 2", ["0", "2"]), ("Nov 3", ["500", "3"])]
    assert made.legend == [("good", "ok", "1.500"), ("bad", "failed", "6")]
    assert "1.506" in made.summary
    assert "Nov 1" in made.summary


def test_nothing_is_said_to_be_nothing():
    """Without bars, and without labels at all."""
    for labels in (DAYS, ()):
        made = drawn(Series("ok", (0,) * len(labels)), labels=labels)
        assert made.summary == "Nothing in this time."
        assert [shape.path for shape in made.shapes] == [""]


def test_slots_lead_somewhere():
    """Each with words of its own."""
    made = drawn(Series("ok", (1, 2, 3)), Series("failed", (0, 0, 4)), links=("/a", "/b", "/c"))

    assert [(hit.x, hit.words, hit.link) for hit in made.hits] == [
        (0, "Nov 1: 1", "/a"),
        (10, "Nov 2: 2", "/b"),
        (20, "Nov 3: 7", "/c"),
    ]


def test_the_first_the_middle_and_the_last_are_named():
    """And none of them twice."""
    assert drawn(Series("ok", (1, 2, 3))).ends == list(DAYS)
    assert drawn(Series("ok", (1,)), labels=("now",)).ends == ["now"]
