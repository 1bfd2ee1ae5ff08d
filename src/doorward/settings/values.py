"""Reading values as people write them in an environment."""

import re
import types
import typing
from dataclasses import fields
from datetime import timedelta
from typing import Any

from doorward.domain.policies.limits import Rate

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LONGEST = timedelta(days=36500)
"""A hundred years: no calendar ends before a moment that lies so far ahead."""
_SECTIONS_HINTS: dict[type, dict[str, Any]] = {}


def parse_duration(text: str) -> timedelta:
    """Read seconds, or a number with s, m, h or d: `90`, `90s`, `10m`, `24h`, `30d`.

    Raises:
        ValueError: anything else, or longer than a hundred years.
    """
    match = re.fullmatch(r"\s*([0-9]{1,10}(?:\.[0-9]{1,6})?)\s*([smhd]?)\s*", text)
    if not match:
        raise ValueError("write it as seconds or as 90s, 10m, 24h, 30d")
    seconds = float(match[1]) * _UNITS[match[2] or "s"]
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"{LONGEST.days}d is the longest")
    return timedelta(seconds=seconds)


def prepare_section(section: type, values: Any) -> Any:
    """Turn the texts of one section into what its dataclass holds."""
    if not isinstance(values, dict):
        return values
    hints = _SECTIONS_HINTS.setdefault(section, typing.get_type_hints(section))
    known = {f.name for f in fields(section)}
    return {name: _named(name, value, hints[name]) if name in known else value for name, value in values.items()}


def _named(name: str, value: Any, hint: Any) -> Any:
    try:
        return _prepare(value, hint)
    except ValueError as error:
        raise ValueError(f"{name.upper()}: {error}") from None


def _prepare(value: Any, hint: Any) -> Any:
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    if value == "":
        return _off(options)
    if timedelta in options:
        return parse_duration(str(value))
    if Rate in options:
        return Rate.parse(str(value))
    if any(typing.get_origin(option) is tuple for option in options):
        return tuple(part.strip() for part in str(value).split(",") if part.strip())
    return value


def _off(options: tuple[Any, ...]) -> Any:
    """An empty text means "off" for durations, counts and lists."""
    if type(None) in options:
        return None
    if any(typing.get_origin(option) is tuple for option in options):
        return ()
    if int in options:
        return 0
    raise ValueError("this cannot be switched off")
