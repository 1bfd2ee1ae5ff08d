"""Files of users: CSV and JSON Lines, read and written record by record."""

import csv
import difflib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, TextIO

from doorward.domain.cells import csv_line, restored
from doorward.domain.errors import Violation
from doorward.domain.user_record import COLUMNS, PASSWORD, Line, values_of

Form = Literal["csv", "jsonl"]
_UNREADABLE = Violation("/line", "unreadable")


def form_of(path: Path, form: Form | None) -> Form:
    """Which form a file has: as said, else by its name; ValueError if neither tells."""
    if form:
        return form
    match path.suffix.lower():
        case ".csv":
            return "csv"
        case ".jsonl" | ".ndjson":
            return "jsonl"
        case _:
            raise ValueError(f"{path.name}: name it .csv or .jsonl, or say --format.")


@dataclass(frozen=True, slots=True)
class UserFile:
    """A file of users, read as a stream as often as one likes."""

    path: Path
    form: Form

    def lines(self, advance: Callable[[int], None]) -> Iterator[Line]:
        """All records; `advance` is told how many bytes were read.

        Raises:
            ValueError: a column is unknown, or the file can be read no further.
        """
        with self.path.open("rb") as file:
            yield from _csv_lines(file, advance) if self.form == "csv" else _json_lines(file, advance)


def _texts(file: BinaryIO, advance: Callable[[int], None]) -> Iterator[str]:
    for number, raw in enumerate(file, 1):
        advance(len(raw))
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"Line {number} is not UTF-8; save the file in that encoding.") from None


def _csv_lines(file: BinaryIO, advance: Callable[[int], None]) -> Iterator[Line]:
    reader = csv.reader(_texts(file, advance), strict=True)
    try:
        columns = next(reader, [])
        _must_be_columns(columns, "The first line")
        start = reader.line_num + 1
        for cells in reader:
            if len(cells) == len(columns):
                yield Line(number=start, record=_record(columns, cells))
            elif cells:
                counts = {"found": len(cells), "wanted": len(columns)}
                yield Line(number=start, flaw=Violation("/line", "wrong_cells", counts))
            start = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"Line {reader.line_num} is no CSV: {error}.") from None


def _record(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str | None]:
    pairs = zip(columns, cells, strict=True)
    return {n: c if n == PASSWORD else restored(c) if "'" in c else c or None for n, c in pairs}


def _json_lines(file: BinaryIO, advance: Callable[[int], None]) -> Iterator[Line]:
    for number, text in enumerate(_texts(file, advance), 1):
        if not text.strip():
            continue
        try:
            record = json.loads(text, object_pairs_hook=_object)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict):
            _must_be_columns(list(record), f"Line {number}")
            yield Line(number=number, record=record)
        else:
            yield Line(number=number, flaw=_UNREADABLE)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError
    return record


def _must_be_columns(names: Sequence[str], where: str) -> None:
    known = (*COLUMNS, PASSWORD)
    if not names:
        raise ValueError(f"{where} is empty; it names the columns: {', '.join(known)}.")
    for index, name in enumerate(names):
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
            hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(known)}."
            raise ValueError(f"{where} names the column {name!r}, which is none. {hint} Nothing was written.")
        if name in names[:index]:
            raise ValueError(f"{where} names the column {name!r} twice. Nothing was written.")


class UserWriter:
    """Writes users' records, with a line of names first in CSV."""

    def __init__(self, target: TextIO, form: Form, *, columns: Sequence[str]) -> None:
        self._target, self._form, self._columns = target, form, columns
        if form == "csv":
            target.write(csv_line(columns))

    def write(self, record: Mapping[str, str | int | None]) -> None:
        if self._form == "csv":
            self._target.write(csv_line(values_of(record, self._columns)))
        else:
            kept = {name: record[name] for name in self._columns}
            self._target.write(json.dumps(kept, ensure_ascii=False) + "\n")


@contextmanager
def writing(path: Path, *, force: bool) -> Iterator[TextIO]:
    """A new file that only its owner reads; when writing fails nothing of it stays, and what was there before does.

    Raises:
        ValueError: there is a file of that name, and `force` is not said.
    """
    if str(path) == "-":
        yield sys.stdout
        return
    if path.exists() and not force:
        raise ValueError(f"{path} is there already; choose another name, or say --force.")
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
        _put(Path(name), path, force=force)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _put(written: Path, path: Path, *, force: bool) -> None:
    """Give a finished file its name; a conditional step decides whether the name is free."""
    if not force:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    written.replace(path)
