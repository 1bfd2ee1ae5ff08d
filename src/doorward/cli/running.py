"""What commands share: opening the engine, and showing results."""

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import SecretStr

from doorward.auth import Auth
from doorward.bootstrap import Service, build, must_be_migrated
from doorward.domain.actor import Actor
from doorward.log import configure
from doorward.serving import with_demo_database, with_known_database
from doorward.settings import Settings, load
from doorward.settings.production import problems, weaknesses

R = TypeVar("R")
EXAMPLE_URL = "https://accounts.example.com"
OPERATOR = Actor(None)
ProfileOption = Annotated[str | None, typer.Option("--profile", help="Which profile (DOORWARD_PROFILE).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def with_engine(profile: str | None, work: Callable[[Auth], Awaitable[R]], *, is_demo: bool = False) -> R:
    """Open the engine on the settings' database (the development one if none is set), work, and close it.

    With `is_demo` it is the one that `doorward demo` has filled.
    """

    async def run() -> R:
        loaded = load({"profile": profile}).settings
        settings = with_demo_database(loaded) if is_demo else with_known_database(loaded)
        configure(level="WARNING", file=None, as_json=False)
        service = build(settings)
        try:
            await must_be_migrated(service.storage)
            return await work(service.auth)
        finally:
            await service.close()

    return asyncio.run(run())


@contextmanager
def unopened(profile: str | None, **changed: Any) -> Iterator[Service]:
    """A service over a database that is not there, for what needs none; `changed` are settings to replace."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load({"profile": profile}).settings
        service = build(
            settings.model_copy(
                update={
                    "database_url": f"sqlite:///{Path(folder) / 'empty.db'}",
                    "secret_key": SecretStr("nothing is signed with this one"),
                    "public_url": settings.public_url or EXAMPLE_URL,
                    **changed,
                }
            )
        )
        try:
            yield service
        finally:
            asyncio.run(service.close())


def refuse_unsafe(settings: Settings) -> None:
    """Leave with exit status 2 where settings are no safe ones, and say how to mend each."""
    found = problems(settings)
    for problem in found:
        typer.echo(f"doorward: {problem.what}\n          {problem.fix}", err=True)
    if found:
        raise typer.Exit(2)
    for weakness in weaknesses(settings):
        typer.echo(f"doorward: {weakness.what} {weakness.fix}", err=True)


def show(value: Any, *, as_json: bool, columns: Sequence[str] = ()) -> None:
    """Print a record or a list of them."""
    if as_json:
        typer.echo(json.dumps(value, indent=2, default=str))
        return
    rows: list[Mapping[str, Any]] = value if isinstance(value, list) else [value]
    if not rows:
        typer.echo("Nothing found.")
        return
    if not isinstance(value, list):
        for name, member in value.items():
            typer.echo(f"{name:20} {'' if member is None else member}")
        return
    table = [list(columns)] + [["" if row[c] is None else str(row[c]) for c in columns] for row in rows]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
