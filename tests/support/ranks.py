"""Whether one of two series of measurements tends to be larger."""

import math
from bisect import bisect_left, bisect_right
from statistics import median
from typing import NamedTuple


class Ranked(NamedTuple):
    """The share of pairs in which the first is larger (Mann and Whitney's AUC), with its 95 % interval, and medians."""

    auc: float
    margin: float
    first: float
    second: float

    def __str__(self) -> str:
        interval = f"[{self.auc - self.margin:.3f}, {self.auc + self.margin:.3f}]"
        return f"AUC {self.auc:.3f} {interval}  medians {self.first * 1000:.2f} and {self.second * 1000:.2f} ms"


def ranked(first: list[float], second: list[float]) -> Ranked:
    """Compare; a half means that nothing tells them apart. The interval is that of two series of one kind."""
    ordered = sorted(second)
    wins = sum((bisect_left(ordered, value) + bisect_right(ordered, value)) / 2 for value in first)
    auc = wins / (len(first) * len(second))
    error = math.sqrt((len(first) + len(second) + 1) / (12 * len(first) * len(second)))
    return Ranked(auc, 1.96 * error, median(first), median(second))
