"""Arithmetic of the harness: medians, spreads, ratios within a round, verdicts. No figure is made up anywhere else."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["aim", "must", "missed", "not measured"]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all do not exceed (nearest rank).

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


@dataclass(frozen=True)
class Spread:
    """The median of some rounds, and the least and the most."""

    median: float
    least: float
    most: float
    rounds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values), len(values))

    def __str__(self) -> str:
        return f"{short(self.median)} ({short(self.least)} - {short(self.most)})"


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Round by round, so that what disturbed both of one round cancels out."""
    return [a / b for a, b in zip(above, below, strict=True)]


def short(value: float) -> str:
    """Three significant digits, without an exponent."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "-"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{round(value, digits):.{digits}f}" if digits else f"{value:,.0f}".replace(",", " ")


@dataclass(frozen=True)
class Goal:
    """One row of the table of goals: what must be, what is aimed at, and in which direction.

    Attributes:
        number: of the row.
        what: in words.
        must: the bound that counts.
        aim: what is hoped for; None if nothing more.
        is_least: whether the bounds are least values (else they are most).
    """

    number: int
    what: str
    must: float
    aim: float | None
    is_least: bool

    def verdict(self, found: Spread | None) -> Verdict:
        if found is None:
            return "not measured"
        if self.aim is not None and self._holds(found.median, self.aim):
            return "aim"
        return "must" if self._holds(found.median, self.must) else "missed"

    def _holds(self, value: float, bound: float) -> bool:
        return value >= bound if self.is_least else value <= bound
