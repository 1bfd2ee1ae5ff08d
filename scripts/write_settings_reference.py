"""Write docs/settings.md from the settings themselves; `--check` only says whether it is up to date."""

import inspect
import sys
from itertools import groupby
from pathlib import Path

from doorward.settings.explained import Meaning, meanings
from doorward.settings.model import SECTIONS

TARGET = Path(__file__).parent.parent / "docs" / "settings.md"
HEAD = """# Settings

Flags come before the environment, then `.env`, secret files (`NAME_FILE=/run/secrets/name`), `doorward.toml`, the
profile and the defaults below. Durations are seconds or `90s`, `10m`, `24h`, `30d`; lists are separated by commas;
an empty text switches a duration, a count or a list off. `doorward profiles show NAME` prints what a profile changes,
`doorward config show` what is in force here and where it was said; administrators see the same under `/admin/settings`.

This page is written from the code by `scripts/write_settings_reference.py`.
"""


def reference() -> str:
    """The whole page."""
    parts = [HEAD]
    for section, members in groupby(meanings(), lambda meaning: meaning.section):
        policy = SECTIONS.get(section)
        parts += [
            f"## {section.capitalize()}\n",
            *([inspect.getdoc(policy).partition("\n")[0] + "\n"] if policy else []),
        ]
        parts += [_table(list(members)), ""]
    return "\n".join(parts).rstrip() + "\n"


def _table(members: list[Meaning]) -> str:
    rows = [f"| `{one.name}` | {f'`{one.default}`' if one.default else ''} | {one.about} |" for one in members]
    return "\n".join(["| Setting | Default | Meaning |", "|---|---|---|", *rows])


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
