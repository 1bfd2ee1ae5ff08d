"""`doorward migrate`."""

import asyncio
from typing import Annotated

import typer

from doorward.adapters.sql import migrate as schema
from doorward.bootstrap import open_database
from doorward.cli.running import JsonOption, ProfileOption, show
from doorward.serving import with_development_defaults, with_known_database
from doorward.settings import load


def migrate(
    profile: ProfileOption = None,
    status: Annotated[bool, typer.Option("--status", help="Only say where the database stands.")] = False,
    to: Annotated[str, typer.Option(help="A revision, or head.")] = "head",
    as_json: JsonOption = False,
) -> None:
    """Bring the database's schema to this release.

    Example: doorward migrate --status
    """
    settings = load({"profile": profile}).settings
    settings = with_known_database(settings) if status else with_development_defaults(settings)
    show(asyncio.run(_migrate(settings.database_url or "", status=status, to=to)), as_json=as_json)


async def _migrate(url: str, *, status: bool, to: str) -> dict[str, object]:
    database = open_database(url)
    try:
        if not status:
            await schema.upgrade(database, to)
        found = await schema.status(database)
    finally:
        await database.close()
    return {
        "url": url,
        "database": found.current or "no tables yet",
        "release": found.head,
        "runs": "yes" if found.is_compatible else "no: run doorward migrate",
    }
