"""Write the pages and collections that come from the code; `--check` only says whether they are up to date."""

import inspect
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer
import write_event_reference as event_reference
import write_settings_reference as settings_reference

from doorward.cli.collection import collection
from doorward.cli.main import command_line
from doorward.cli.openapi import document
from doorward.domain import errors
from doorward.http.errors import STATUSES
from doorward.http.problems import PROBLEMS, RULES
from doorward.settings import profile_names

DOCS = Path(__file__).parent.parent / "docs"
NOTE = "This page is written from the code by `scripts/write_references.py`.\n"
ERRORS_HEAD = f"""# Errors

Every refusal is `application/problem+json` (RFC 9457). Programs look at `code`; `title` never changes; `detail` says
what to do. `/problems/<code>` on a running service shows the same words. 429 and 503 carry `Retry-After`.

{NOTE}
| Code | Status | It means | What to do |
|---|---:|---|---|
"""
RULES_HEAD = """
## Rules

A refusal with the code `validation_failed` has `errors`, one entry for each broken rule: `pointer` (RFC 6901) names
the member, `code` the rule, `params` its numbers.

| Rule | The member |
|---|---|
"""


def errors_page() -> str:
    """All codes with their words, then the rules."""
    rows = [f"| `{code}` | {p.status} | {p.title} | {p.detail} |" for code, p in sorted(PROBLEMS.items())]
    rules = [f"| `{code}` | {words} |" for code, words in sorted(RULES.items())]
    tree = ["", "## Inside", "", "How the engine's own refusals become statuses (`doorward.domain.errors`):", ""]
    tree += [f"- {category.__name__} → {status}" for category, status in STATUSES]
    kinds = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, errors.AuthError)]
    named = {kind.code for kind in kinds if hasattr(kind, "code")}
    missing = named - set(PROBLEMS)
    if missing:
        raise SystemExit(f"No words for {', '.join(sorted(missing))} in http/problems.py.")
    return ERRORS_HEAD + "\n".join(rows) + "\n" + RULES_HEAD + "\n".join(rules) + "\n" + "\n".join(tree) + "\n"


def cli_page() -> str:
    """Every command with its options."""
    root = typer.main.get_command(command_line())
    parts = [
        f"# Commands\n\n{NOTE}\nEvery command takes `--help`; `--debug` shows a traceback in place of a sentence.\n"
    ]
    parts += [_command_section(command, name) for name, command in _commands(root, "doorward")]
    return "\n".join(parts)


def _commands(command: Any, name: str) -> list[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        return [(name, command)]
    return [found for part in command.commands for found in _commands(command.commands[part], f"{name} {part}")]


def _command_section(command: Any, name: str) -> str:
    about, _, example = inspect.cleandoc(command.help or "").partition("Example: ")
    shown = [param for param in command.params if param.name != "help"]
    arguments = " ".join((p.metavar or p.name or "").upper() for p in shown if p.param_type_name == "argument")
    rows = [_option(param) for param in shown if param.param_type_name == "option"]
    table = ["| Option | Meaning |", "|---|---|", *rows, ""] if rows else []
    lines = [f"## `{name}{f' {arguments}' if arguments else ''}`", "", about.strip(), "", *table]
    return "\n".join([*lines, *([f"```sh\n{example.strip()}\n```", ""] if example else [])])


def _option(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    return f"| {names} | {option.help or ''} |"


def _postman(profile: str) -> Callable[[], str]:
    return lambda: json.dumps(collection(document(profile), profile), indent=2, ensure_ascii=False) + "\n"


TARGETS: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_reference.reference,
    "errors.md": errors_page,
    "events.md": lambda: event_reference.page(NOTE),
    "events.schema.json": event_reference.json_schema,
    "asyncapi.yaml": event_reference.asyncapi,
    "commands.md": cli_page,
    **{f"postman/{profile}.json": _postman(profile) for profile in profile_names()},
}


def main() -> int:
    """Write all, or check all."""
    stale = []
    for name, write in TARGETS.items():
        path, wanted = DOCS / name, write()
        if path.is_file() and path.read_text(encoding="utf-8") == wanted:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.stderr.write(f"Not up to date in docs/: {', '.join(stale)}. Run `make docs`.\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
