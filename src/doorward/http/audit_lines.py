"""Rows of the audit log as lines of a file."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from doorward.domain.cells import csv_line
from doorward.ports.store import AuditRow

Form = Literal["jsonl", "csv"]
COLUMNS = ("id", "event_time", "event_type", "user_id", "ip_address", "details")


def record_of(row: AuditRow) -> dict[str, Any]:
    """A row by the names of its columns."""
    return {name: getattr(row, name) for name in COLUMNS} | {"event_time": _moment(row.event_time)}


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def head(form: Form) -> str:
    """What stands before all rows."""
    return csv_line(COLUMNS) if form == "csv" else ""


def lines(rows: Sequence[AuditRow], form: Form) -> str:
    """Rows, each in a line of its own; in CSV no cell is a formula."""
    return "".join(_csv(row) if form == "csv" else json.dumps(record_of(row), default=str) + "\n" for row in rows)


def _csv(row: AuditRow) -> str:
    cells = {name: None if value is None else str(value) for name, value in record_of(row).items()}
    return csv_line((cells | {"details": json.dumps(row.details, default=str)}).values())
