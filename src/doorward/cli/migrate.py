"""`doorward migrate`."""

import asyncio
from typing import Annotated

import typer

from doorward.cli.running import JsonOption, ProfileOption, show
from doorward.domain.urls import without_password
from doorward.serving import with_development_defaults, with_known_database
from doorward.settings import load
from doorward.storages import open_storage


def migrate(
    profile: ProfileOption = None,
    status: Annotated[bool, typer.Option("--status", help="Only say where the database stands.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say which steps would be taken, and take none.")] = False,
    to: Annotated[str, typer.Option(help="A revision, or head.")] = "head",
    as_json: JsonOption = False,
) -> None:
    """Bring the database's schema to this release.

    Example: doorward migrate --status
    """
    settings = load({"profile": profile}).settings
    settings = with_known_database(settings) if status or dry_run else with_development_defaults(settings)
    show(asyncio.run(_migrate(settings.database_url or "", status=status, dry_run=dry_run, to=to)), as_json=as_json)


async def _migrate(url: str, *, status: bool, dry_run: bool, to: str) -> dict[str, object]:
    storage = open_storage(url)
    try:
        plan = list(await storage.planned(to))
        if not status and not dry_run:
            await storage.migrate(to)
        found = await storage.schema()
    finally:
        await storage.close()
    return {
        "url": without_password(url),
        "steps": plan if not status else [],
        "database": found.current or "no tables yet",
        "release": found.head,
        "runs": "yes" if found.is_compatible else "no: run doorward migrate",
    }
