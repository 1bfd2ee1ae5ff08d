"""Cells of a CSV file that no spreadsheet takes for formulas."""

import csv
import re
from collections.abc import Iterable

# A spreadsheet runs a cell that begins like this; an apostrophe before it makes it text. A cell that looks as if it
# had such an apostrophe gets one more, and an empty text (which is not the same as nothing) gets one alone.
# Where the semicolon parts the cells, a spreadsheet takes what follows one for the beginning of a cell.
_FORMULA = "'*[=+\\-@\\t\\r\uff1d\uff0b\uff0d\uff20]"
_UNMARKED = re.compile(rf"\A(?={_FORMULA}|'+\Z)|(;\"*)(?={_FORMULA})")
_MARKED = re.compile(rf"\A'(?={_FORMULA}|'*\Z)|(;\"*)'(?={_FORMULA})")


def guarded(value: str | int | None) -> str:
    """A value as a cell that no spreadsheet runs; nothing is an empty cell."""
    text = "" if value is None else str(value)
    return "'" if value == "" else _UNMARKED.sub(r"\1'", text)


def restored(cell: str) -> str | None:
    """The value of a cell, as it was before `guarded`."""
    if "'" not in cell:
        return cell or None
    return _MARKED.sub(r"\1", cell)


def csv_line(values: Iterable[str | int | None]) -> str:
    """A line of guarded cells."""
    line = _Line()
    csv.writer(line, lineterminator="\n").writerow(map(guarded, values))
    return "".join(line)


class _Line(list[str]):
    """What the writer writes to."""

    def write(self, text: str) -> None:
        self.append(text)
