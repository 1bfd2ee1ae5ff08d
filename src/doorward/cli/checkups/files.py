"""Files that only their owner should read."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from doorward.cli.checkups.finding import Finding
from doorward.settings import Settings

FIX = "Run: chmod {mode} {path}"


def check_modes(settings: Settings, environ: Mapping[str, str] | None = None) -> Iterator[Finding]:
    """Look at the modes of database, log and secret files."""
    found = [path for path in _files(settings, os.environ if environ is None else environ) if path.exists()]
    loose = [path for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077]
    for path in loose:
        mode = stat.S_IMODE(path.stat().st_mode)
        fix = FIX.format(mode="600" if path.is_file() else "700", path=path)
        yield Finding.wrong("file modes", f"{path} is open to others ({mode:o}).", fix)
    if found and not loose:
        yield Finding.ok("file modes", f"{', '.join(path.name for path in found)}: their owner's only")


def _files(settings: Settings, environ: Mapping[str, str]) -> Iterator[Path]:
    yield Path(".env")
    yield Path(".doorward")
    yield Path(".doorward/secret.key")
    if settings.database_url and settings.database_url.startswith("sqlite:///"):
        path = Path(settings.database_url.removeprefix("sqlite:///"))
        yield from (path, path.with_name(path.name + "-wal"))
    if settings.log_file:
        yield settings.log_file
    for name, value in environ.items():
        if name.endswith("_FILE") and name.removeprefix("DOORWARD_") != "LOG_FILE" and "SECRET" in name:
            yield Path(value)
