"""Charts drawn on the server: shapes for an SVG that stretches, words around it in HTML, and a table of the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from doorward.languages import N_, Speech

Look = Literal["plain", "good", "warn", "bad"]
Kind = Literal["bars", "lines"]
HEIGHT = 100
SLOT = 10
GAP = 1.5
_NOTHING = N_("Nothing in this time.")
_SUMMARY = N_("{total} in all, {most} at most ({label}).")
_HIT = N_("{label}: {total}")


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers that belong together, one for each label; `words` are in the reader's language."""

    words: str
    values: Sequence[int]
    look: Look = "plain"


@dataclass(frozen=True, slots=True)
class Shape:
    """One series as the `d` of a path."""

    look: Look
    path: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A slot that leads somewhere."""

    x: int
    words: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What the macro in `_charts.html` draws; numbers are written out already."""

    name: str
    title: str
    summary: str
    kind: str
    width: int
    shapes: Sequence[Shape]
    hits: Sequence[Hit]
    scale: tuple[str, str, str]
    ends: Sequence[str]
    legend: Sequence[tuple[Look, str, str]]
    rows: Sequence[tuple[str, Sequence[str]]]
    links: Sequence[str] = ()


def chart(
    name: str,
    title: str,
    series: Sequence[Series],
    labels: Sequence[str],
    speech: Speech,
    *,
    kind: Kind = "bars",
    links: Sequence[str] = (),
) -> Chart:
    """Draw series over the same labels: bars upon each other, or lines.

    Args:
        name: an id that no other chart of the page has.
        title: what it shows.
        series: each with one value for each label.
        labels: the slots from left to right (from right to left where one reads so).
        speech: writes the numbers.
        kind: how.
        links: where each slot leads, if anywhere.
    """
    columns = list(zip(*(one.values for one in series), strict=True))
    totals = [sum(column) for column in columns]
    highest = max(totals if kind == "bars" else map(max, columns), default=0)
    top = _top(highest)
    return Chart(
        name=name,
        title=title,
        summary=_summary(totals, labels, speech),
        kind=kind,
        width=SLOT * len(labels),
        shapes=_bars(series, columns, top) if kind == "bars" else _lines(series, top),
        hits=[
            Hit(SLOT * n, speech.say(_HIT).format(label=labels[n], total=speech.number(totals[n])), link)
            for n, link in enumerate(links)
        ],
        scale=(speech.number(top), speech.number(top // 2), speech.number(0)),
        ends=list(dict.fromkeys((labels[0], labels[len(labels) // 2], labels[-1]))) if labels else [],
        legend=[(one.look, one.words, speech.number(sum(one.values))) for one in series],
        rows=[(label, [speech.number(n) for n in column]) for label, column in zip(labels, columns, strict=True)],
        links=links,
    )


def _summary(totals: Sequence[int], labels: Sequence[str], speech: Speech) -> str:
    if not any(totals):
        return speech.say(_NOTHING)
    most = max(totals)
    said = {"total": speech.number(sum(totals)), "most": speech.number(most), "label": labels[totals.index(most)]}
    return speech.say(_SUMMARY).format(**said)


def _top(highest: int) -> int:
    """The even round number where the scale ends."""
    size: int = 10 ** (len(str(max(highest - 1, 0))) - 1)
    return next(step * size for step in (2, 4, 6, 8, 10) if step * size >= highest)


def _bars(series: Sequence[Series], columns: Sequence[Sequence[int]], top: int) -> list[Shape]:
    stacked = [list(accumulate(column)) for column in columns]
    return [
        Shape(one.look, "".join(_bar(n, value, stacked[n][row], top) for n, value in enumerate(one.values) if value))
        for row, one in enumerate(series)
    ]


def _bar(slot: int, value: int, end: int, top: int) -> str:
    height = _short(HEIGHT * value / top)
    return f"M{_short(slot * SLOT + GAP)} {_short(_y(end, top))}h{_short(SLOT - 2 * GAP)}v{height}h-{SLOT - 2 * GAP:g}z"


def _lines(series: Sequence[Series], top: int) -> list[Shape]:
    return [Shape(one.look, f"M{' '.join(_point(n, v, top) for n, v in enumerate(one.values))}") for one in series]


def _point(slot: int, value: int, top: int) -> str:
    return f"{slot * SLOT + SLOT // 2} {_short(_y(value, top))}"


def _y(value: int, top: int) -> float:
    return HEIGHT - HEIGHT * value / top


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
