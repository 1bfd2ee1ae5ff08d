"""Write docs/settings.md from the settings themselves; `--check` only says whether it is up to date."""

import inspect
import re
import sys
from dataclasses import MISSING, fields
from datetime import timedelta
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

from doorward.domain.policies.limits import Rate
from doorward.settings.load import PLAIN, environment_name
from doorward.settings.model import SECTIONS, Settings

TARGET = Path(__file__).parent.parent / "docs" / "settings.md"
HEAD = """# Settings

Flags come before the environment, then `.env`, secret files (`NAME_FILE=/run/secrets/name`), `doorward.toml`, the
profile and the defaults below. Durations are seconds or `90s`, `10m`, `24h`, `30d`; lists are separated by commas;
an empty text switches a duration, a count or a list off. `doorward profiles show NAME` prints what a profile changes.

This page is written from the code by `scripts/write_settings_reference.py`.
"""


def reference() -> str:
    """The whole page."""
    general = [
        (_name(name), field.default, (field.description or "") + _choices(field.annotation))
        for name, field in Settings.model_fields.items()
        if name not in SECTIONS
    ]
    parts = [HEAD, "## General\n", _table(general)]
    for section, policy in SECTIONS.items():
        about, hints = _about_members(policy), get_type_hints(policy)
        rows = [
            (f"`{environment_name(f'{section}.{f.name}')}`", f.default, about.get(f.name, "") + _choices(hints[f.name]))
            for f in fields(policy)
            if f.default is not MISSING
        ]
        parts += [f"\n## {section.capitalize()}\n", inspect.getdoc(policy).partition("\n")[0] + "\n", _table(rows)]
    return "\n".join(parts) + "\n"


def _name(name: str) -> str:
    plain = name.upper()
    return f"`{plain}`" if plain in PLAIN else f"`{environment_name(name)}`"


def _choices(hint: object) -> str:
    """The words that a setting takes, if there are only some."""
    inner = next((a for a in (hint, *get_args(hint)) if get_origin(a) is Literal), None)
    return f" Takes {', '.join(f'`{word}`' for word in get_args(inner))}." if inner else ""


def _about_members(policy: type) -> dict[str, str]:
    """The entries under "Attributes:" of a docstring."""
    _, _, listed = (inspect.getdoc(policy) or "").partition("Attributes:\n")
    entries = re.findall(r"^ {4}(\w+): (.*?)(?=^ {4}\w+: |\Z)", listed, re.MULTILINE | re.DOTALL)
    return {name: " ".join(text.split()) for name, text in entries}


def _table(rows: list[tuple[str, object, str]]) -> str:
    lines = ["| Setting | Default | Meaning |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {_shown(default)} | {about} |" for name, default, about in rows)])


def _shown(value: object) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, Rate):
        seconds = int(value.window.total_seconds())
        unit = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}[seconds]
        return f"`{value.limit}/{unit}`"
    if isinstance(value, timedelta):
        return f"`{_duration(int(value.total_seconds()))}`"
    if isinstance(value, bool):
        return "`on`" if value else "`off`"
    return f"`{','.join(map(str, value)) if isinstance(value, tuple) else value}`"


def _duration(seconds: int) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds % size == 0 and (unit != "d" or seconds > size):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def main() -> int:
    """Write, or check."""
    wanted = reference()
    if "--check" not in sys.argv:
        TARGET.write_text(wanted, encoding="utf-8")
        return 0
    is_current = TARGET.is_file() and TARGET.read_text(encoding="utf-8") == wanted
    if not is_current:
        sys.stderr.write("docs/settings.md is not up to date: run `make docs`.\n")
    return 0 if is_current else 1


if __name__ == "__main__":
    raise SystemExit(main())
