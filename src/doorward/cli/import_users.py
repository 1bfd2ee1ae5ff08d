"""`doorward users import`."""

import asyncio
import gc
import json
import sys
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from doorward.adapters.met_keys import MetKeys
from doorward.auth import Auth, retried
from doorward.cli.running import OPERATOR, JsonOption, ProfileOption, with_engine
from doorward.cli.user_files import Form, UserFile, form_of
from doorward.domain.judged_line import Judged
from doorward.domain.user_record import Line
from doorward.http.errors import violation

BATCH = 1000
GARBAGE = (20_000, 20, 20)
IN_FLIGHT = 3  # the database works at one batch while the next is read and judged
Work = Callable[[list[Line]], Coroutine[Any, Any, list[Judged]]]


@dataclass
class Tally:
    """What became of the lines so far; `refused` has the reasons of each refused line."""

    added: int = 0
    there: int = 0
    passwords: int = 0
    refused: dict[int, list[str]] = field(default_factory=dict)

    def count_all(self, lines: Iterable[Judged]) -> None:
        """Count lines in their order."""
        for judged in lines:
            self.count(judged)

    def count(self, judged: Judged) -> None:
        """Count a line, and say aloud why it is refused."""
        if judged.problems:
            self.refused[judged.line] = [violation(problem)["detail"] for problem in judged.problems]
            typer.echo(f"line {judged.line}: {' '.join(self.refused[judged.line])}", err=True)
            return
        self.there += judged.is_there
        self.added += len(judged.added)
        self.passwords += sum(entry.password is not None for entry in judged.added)


def import_users(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="FILE.csv or FILE.jsonl.")],
    verified: Annotated[bool, typer.Option("--verified", help="You vouch for all addresses.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Import the good lines though others are bad.")] = False,
    form: Annotated[Form | None, typer.Option("--format", help="csv or jsonl, if the name does not tell.")] = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add accounts from a file whose columns are named as in `users export`; nobody is written to.

    The whole file is checked first: as long as one line is bad, nothing is written. A line may have `password_hash`
    (argon2, bcrypt, PBKDF2 or scrypt as Django writes them, Firebase's scrypt), or `password`, which is hashed here
    and takes a while, or neither: then the owner resets the password by mail.

    After an interruption run the same command again: a line whose account is there already is passed over. That is
    the account with the line's id or, in lines without id, the one that agrees in all that says who it is: e-mail,
    phone, user name, profile, role, created_at. An account that is there is never changed.

    Example: doorward users import users.csv --dry-run
    """
    source = UserFile(file, form_of(file, form))

    async def run(auth: Auth) -> tuple[Tally, bool]:
        gc.freeze()  # what is loaded stays: looking through it for garbage again and again took a fifth of the time
        gc.set_threshold(*GARBAGE)
        with closing(MetKeys()) as met:

            async def judge(lines: list[Line]) -> list[Judged]:
                return await auth.import_users.judge(lines, OPERATOR, met=met, vouched=verified)

            async def add(lines: list[Line]) -> list[Judged]:
                return await retried(auth.import_users, lines, OPERATOR, met=None, vouched=verified)

            checked = await _through(source, "Checking", judge, Tally())
            if dry_run or (checked.refused and not skip_bad):
                return checked, False
            if checked.passwords:
                typer.echo(f"{checked.passwords} plain passwords are hashed now. Delete the file afterwards.", err=True)
            return await _through(source, "Importing", add, Tally(refused=checked.refused)), True

    tally, is_written = with_engine(profile, run)
    _show(tally, is_written=is_written, dry_run=dry_run, as_json=as_json)
    if tally.refused and not skip_bad:
        raise typer.Exit(1)


async def _through(source: UserFile, label: str, work: Work, tally: Tally) -> Tally:
    """Go through the file in batches; lines that were refused before are left out."""
    with _progress(label, source.path.stat().st_size) as advance:
        refused = frozenset(tally.refused)
        good = (line for line in source.lines(advance) if line.number not in refused)
        begun: deque[asyncio.Task[list[Judged]]] = deque()
        try:
            for batch in _batches(good):
                begun.append(asyncio.create_task(work(batch)))
                if len(begun) == IN_FLIGHT:
                    tally.count_all(await begun.popleft())
            while begun:
                tally.count_all(await begun.popleft())
        finally:
            await asyncio.gather(*begun, return_exceptions=True)
    return tally


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    waiting = iter(lines)
    while batch := list(islice(waiting, BATCH)):
        yield batch


@contextmanager
def _progress(label: str, size: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with typer.progressbar(length=size, label=label, file=sys.stderr) as bar:
        yield bar.update


def _show(tally: Tally, *, is_written: bool, dry_run: bool, as_json: bool) -> None:
    if as_json:
        told = {"added": tally.added, "already_there": tally.there, "refused": len(tally.refused)}
        lines = [{"line": line, "problems": problems} for line, problems in sorted(tally.refused.items())]
        typer.echo(json.dumps({"written": is_written, **told, "lines": lines}, indent=2))
        return
    counts = f"{tally.added} accounts, {tally.there} were there already, {len(tally.refused)} lines refused."
    typer.echo(f"{'Added' if is_written else 'Could be added'}: {counts}")
    if not is_written and not dry_run:
        typer.echo("Nothing was written. Mend the lines, or leave them out with --skip-bad.", err=True)
