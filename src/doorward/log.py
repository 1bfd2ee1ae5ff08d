"""Log lines: `TIME LEVEL logger message key=value`, or the same as JSON."""

import fcntl
import json
import logging
import logging.handlers
import os
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any

LEVELS = {"DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
FILE_BYTES = 10 * 1024 * 1024
FILES_KEPT = 5
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


def configure(*, level: str, file: Path | None, as_json: bool) -> None:
    """Set up logging for a server process.

    Args:
        level: a level for all, then `logger=LEVEL` for some: `INFO,doorward.access=WARNING`.
        file: also write here, rotated at 10 MB, five old files kept; readable by the owner only.
        as_json: one JSON object a line.

    Raises:
        ValueError: a level has another name, or the file cannot be written.
    """
    general, special = parse_levels(level)
    formatter: logging.Formatter = JsonFormatter() if as_json else LineFormatter()
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if file is not None:
        handlers.append(_file_handler(file))
    for handler in handlers:
        handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(general)
    # What libraries say in detail may hold what we never write down.
    for quiet in ("asyncio", "httpcore2", "httpx2", "pymongo", "python_multipart", "sqlalchemy", "alembic"):
        logging.getLogger(quiet).setLevel(max(general, logging.WARNING))
    for name, special_level in special.items():
        logging.getLogger(name).setLevel(special_level)


def _file_handler(file: Path) -> logging.Handler:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return PrivateRotatingFile(file, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8")
    except OSError as error:
        raise ValueError(f"LOG_FILE: {file} cannot be written ({error.strerror})") from None


def parse_levels(text: str) -> tuple[int, dict[str, int]]:
    """Read `INFO` or `INFO,doorward.access=WARNING`."""
    general, special = LEVELS["INFO"], {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, is_special, level = part.rpartition("=")
        if level.upper() not in LEVELS:
            raise ValueError(f"LOG_LEVEL: there is no level {level!r}; take one of {', '.join(LEVELS)}")
        if is_special:
            special[name] = LEVELS[level.upper()]
        else:
            general = LEVELS[level.upper()]
    return general, special


class PrivateRotatingFile(logging.handlers.RotatingFileHandler):
    """Each new file is readable by its owner only; several processes may write the same one.

    The first that finds it full puts it aside, the others follow to the new one: else each would go on in a file of
    its own, and the newest lines would not stand in the one that has the name.
    """

    def doRollover(self) -> None:  # noqa: N802 - its name
        """Begin a new file, or follow whoever has begun it."""
        stream = self.stream or self._open()
        turn = os.dup(stream.fileno())  # outlives the stream, which is closed before the file is put aside
        try:
            fcntl.flock(turn, fcntl.LOCK_EX)
            if self._is_written_by_name(turn):
                super().doRollover()
            else:
                stream.close()
                self.stream = self._open()
        finally:
            os.close(turn)

    def _is_written_by_name(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), Path(self.baseFilename).stat())
        except FileNotFoundError:
            return False

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).touch(mode=0o600)
        return super()._open()


class LineFormatter(logging.Formatter):
    """A line for people; whatever a value holds, it stays one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Render a record."""
        fields = " ".join(f"{name}={_plain(value)}" for name, value in _extra(record).items())
        line = f"{_time(record)} {record.levelname} {record.name} {_one_line(record.getMessage())} {fields}".rstrip()
        if record.exc_info:
            line += "\n" + _traceback(record)
        return line


class JsonFormatter(logging.Formatter):
    """A line for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """Render a record."""
        line = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            line["exception"] = _traceback(record)
        return json.dumps(line, default=str)


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _traceback(record: logging.LogRecord) -> str:
    """Where it happened and of what type; the texts of exceptions may hold what a caller sent."""
    lines = []
    error = record.exc_info[1] if record.exc_info else None
    while error is not None:
        trace, frames = error.__traceback__, []
        while trace is not None:
            frames.append(f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}")
            trace = trace.tb_next
        lines.append(f"{type(error).__module__}.{type(error).__qualname__} at {' < '.join(reversed(frames))}")
        error = error.__cause__ or error.__context__
    return "\n".join(lines)


def _plain(value: Any) -> str:
    text = str(value)
    is_plain = text.isprintable() and not set(text) & set(' "=\\')
    return text if is_plain and text else json.dumps(text)


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
