"""Bars with their spread, drawn as SVG: small enough to be read as text, and legible by day and by night."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bench.figures import Spread, short

WIDTH, LABEL, VALUE, ROW, TOP = 900, 340, 90, 26, 46
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-weight:600;font-size:15px}"
    ".own{fill:#2f5bd3}.other{fill:#8c959f}.floor{fill:#57ab5a}.spread{stroke:#24292f;stroke-width:1.5}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.spread{stroke:#e6edf3}.own{fill:#6e94ff}}"
)


@dataclass(frozen=True)
class Bar:
    """One subject's figure."""

    label: str
    found: Spread

    @property
    def look(self) -> str:
        if self.label.startswith("bare"):
            return "floor"
        return "own" if self.label.startswith("Doorward") else "other"


def position(value: float, least: float, most: float, *, is_log: bool) -> float:
    """Where a value lies between the ends of an axis, from 0 to 1."""
    if not is_log:
        return min(1.0, max(0.0, value / most))
    low, high = math.log10(least), math.log10(most)
    return min(1.0, max(0.0, (math.log10(max(value, least)) - low) / (high - low)))


def drawn(title: str, bars: Sequence[Bar], *, is_log: bool = False) -> str:
    """An SVG.

    Args:
        title: what it shows, with the unit.
        bars: at least one.
        is_log: each step to the right is ten times as much; said in the title.
    """
    most = max(bar.found.most for bar in bars) or 1.0
    positive = [bar.found.least for bar in bars if bar.found.least > 0]
    least = 10 ** math.floor(math.log10(min(positive))) if is_log and positive else 0.0
    room = WIDTH - LABEL - VALUE
    title += " (logarithmic)" if is_log else ""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {TOP + ROW * len(bars) + 8}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<text class="title" x="8" y="24">{escape(title)}</text>',
    ]
    for number, bar in enumerate(bars):
        top = TOP + ROW * number
        at, low, high = (
            LABEL + room * position(value, least, most, is_log=is_log)
            for value in (bar.found.median, bar.found.least, bar.found.most)
        )
        middle = top + ROW / 2 - 2
        lines += [
            f'<text x="{LABEL - 8}" y="{middle + 4:.0f}" text-anchor="end">{escape(bar.label)}</text>',
            f'<rect class="{bar.look}" x="{LABEL}" y="{top}" width="{max(1.0, at - LABEL):.1f}" height="{ROW - 6}"/>',
            f'<path class="spread" d="M{low:.1f} {middle:.0f}H{high:.1f}"/>',
            f'<text x="{max(at, high) + 6:.1f}" y="{middle + 4:.0f}">{short(bar.found.median)}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"
