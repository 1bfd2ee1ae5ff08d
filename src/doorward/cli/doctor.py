"""`doorward doctor`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import asdict
from typing import Annotated

import typer

from doorward.bootstrap import Service, build
from doorward.cli.checkups import service_checkups, settings_checkups
from doorward.cli.checkups.finding import Finding
from doorward.cli.running import JsonOption, ProfileOption, show
from doorward.extras import CannotStart
from doorward.log import configure
from doorward.serving import with_known_database
from doorward.settings import load

MARKS = {"ok": "ok  ", "note": "note", "wrong": "FAIL"}


def doctor(
    profile: ProfileOption = None,
    mail_to: Annotated[str | None, typer.Option("--mail-to", help="Send a real test mail to this address.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Try everything this service needs, for real, and say how to mend what does not work.

    Writes and rolls back, hashes, sends a mail if asked to, and calls PUBLIC_URL. Exit status 1 if something fails.

    Example: doorward doctor --mail-to you@your-domain.example
    """
    configure(level="CRITICAL", file=None, as_json=False)
    findings: list[Finding] = []

    def note(found: Iterable[Finding]) -> None:
        for finding in found:
            findings.append(finding)
            if not as_json:
                _print(finding)

    loaded = load({"profile": profile})
    settings = with_known_database(loaded.settings)
    note(settings_checkups(loaded.settings))
    try:
        asyncio.run(_examine(build(settings), mail_to, note))
    except CannotStart as error:
        note([Finding.wrong("start", str(error), "Mend that setting, then ask again.")])
    if as_json:
        show([asdict(finding) for finding in findings], as_json=True)
    failed = sum(finding.state == "wrong" for finding in findings)
    if not as_json:
        typer.echo(f"{len(findings)} checks, {failed} failed.")
    if failed:
        raise typer.Exit(1)


async def _examine(service: Service, mail_to: str | None, note: Callable[[Iterable[Finding]], None]) -> None:
    try:
        findings: AsyncIterator[Finding] = service_checkups(service, mail_to)
        async for finding in findings:
            note([finding])
    finally:
        await service.close()


def _print(finding: Finding) -> None:
    typer.echo(f"{MARKS[finding.state]}  {finding.name:<12} {finding.what}")
    if finding.fix:
        typer.echo(f"{'':18} {finding.fix}")
