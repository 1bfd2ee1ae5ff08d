"""`doorward users export`."""

from pathlib import Path
from typing import Annotated

import typer

from doorward.auth import Auth
from doorward.cli.running import OPERATOR, ProfileOption, with_engine
from doorward.cli.user_files import Form, UserWriter, form_of, writing
from doorward.domain.user_record import COLUMNS, write_record

HASH = "password_hash"


def export_users(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="FILE.csv, FILE.jsonl, or - for standard output.")],
    with_hashes: Annotated[
        bool, typer.Option("--with-hashes", help="Also password hashes; without them nobody could sign in elsewhere.")
    ] = False,
    form: Annotated[Form | None, typer.Option("--format", help="csv or jsonl, if the name does not tell.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    profile: ProfileOption = None,
) -> None:
    """Write all accounts into a file that only you can read, oldest first; `users import` takes it back unchanged.

    A CSV cell that a spreadsheet would run as a formula gets an apostrophe in front, an empty text is one apostrophe
    alone, and nothing at all is an empty cell. The import undoes this.

    Example: doorward users export users.csv --with-hashes
    """
    kind = form_of(file, form or ("jsonl" if str(file) == "-" else None))
    columns = [name for name in COLUMNS if with_hashes or name != HASH]

    async def export(auth: Auth) -> int:
        count = 0
        with writing(file, force=force) as target:
            writer = UserWriter(target, kind, columns=columns)
            async for users in auth.export_users(OPERATOR, with_hashes=with_hashes):
                for user in users:
                    writer.write(write_record(user))
                count += len(users)
        return count

    count = with_engine(profile, export)
    typer.echo(f"{count} accounts written.", err=True)
