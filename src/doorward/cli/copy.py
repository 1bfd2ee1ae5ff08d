"""`doorward copy`."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from doorward.bootstrap import must_be_migrated
from doorward.cli.running import JsonOption, show
from doorward.extras import CannotStart
from doorward.ports.archive import KEYS, Archive
from doorward.storages import open_storage
from doorward.use_cases.copy_installation import CopyDiffers, CopyInstallation, Sum, TargetNotEmpty

SQLITE = "sqlite:///"
PASSES = 3  # copied, and read again on both sides


def copy(
    source: Annotated[str, typer.Option("--from", metavar="URL", help="The database to copy; nothing may use it.")],
    target: Annotated[str, typer.Option("--to", metavar="URL", help="An empty database, or one half copied.")],
    as_json: JsonOption = False,
) -> None:
    """Copy an installation to another database, of whatever kind, and compare every row at the end.

    Stop the service first. The target gets this release's tables. After an interruption, run the same command again:
    it goes on where it ended. SECRET_KEY must stay the same; passwords, sessions, locks and the audit log then are.

    Example: doorward copy --from sqlite:///users.db --to postgresql://doorward@db/doorward
    """
    file = source.removeprefix(SQLITE)
    if source != file and not Path(file).exists():  # opening it would make it
        raise CannotStart(f"--from: there is no file {file}.")
    try:
        sums = asyncio.run(_copy(source, target))
    except TargetNotEmpty:
        typer.echo(
            "doorward: The target holds accounts already; nothing was written. Name an empty database.", err=True
        )
        raise typer.Exit(1) from None
    except CopyDiffers as found:
        where = ", ".join(found.tables)
        typer.echo(
            f"doorward: Source and target differ in {where}. Is either in use? Empty the target and begin again.",
            err=True,
        )
        raise typer.Exit(1) from None
    rows = [{"table": t, "rows": found.rows, "checksum": f"{found.checksum:064x}"[:16]} for t, found in sums.items()]
    show(rows, as_json=as_json, columns=("table", "rows", "checksum"))


async def _copy(source_url: str, target_url: str) -> Mapping[str, Sum]:
    source = open_storage(source_url, setting="--from")
    try:
        await must_be_migrated(source)
        target = open_storage(target_url, setting="--to")
        try:
            await target.migrate()
            with _progress(await _size(source.archive)) as tell:
                return await CopyInstallation(source=source.archive, target=target.archive)(tell)
        finally:
            await target.close()
    finally:
        await source.close()


async def _size(archive: Archive) -> int:
    return sum([await archive.count(table) for table in KEYS])


@contextmanager
def _progress(size: int) -> Iterator[Callable[[str, int], None]]:
    """A bar on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _, __: None
        return
    with typer.progressbar(length=size * PASSES, label="Copying", file=sys.stderr) as bar:
        yield lambda _, rows: bar.update(rows)
