"""`doorward audit`."""

import sys
from dataclasses import replace
from typing import Annotated, Any

import typer

from doorward.auth import Auth
from doorward.cli.running import OPERATOR, JsonOption, ProfileOption, show, with_engine
from doorward.http.audit_lines import COLUMNS, Form, head, lines, record_of
from doorward.ports.store import AuditQuery

commands = typer.Typer(help="The audit log.", no_args_is_help=True)
EventOption = Annotated[str | None, typer.Option("--event", help="Only this type, such as LOGIN_FAILURE.")]
UserOption = Annotated[str | None, typer.Option("--user", help="Only this user: e-mail, phone, user name or id.")]


@commands.command("list")
def list_audit(
    event: EventOption = None,
    user: UserOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many rows.")] = 50,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """List audit rows, newest first.

    Example: doorward audit list --event ACCOUNT_LOCKED
    """

    async def read(auth: Auth) -> list[dict[str, Any]]:
        query = await _query(auth, event, user)
        page = await auth.read_audit_log(replace(query, limit=limit), OPERATOR)
        return [record_of(row) for row in page.items]

    show(with_engine(profile, read), as_json=as_json, columns=COLUMNS[1:])


@commands.command("export")
def export_audit(
    form: Annotated[Form, typer.Option("--format", help="How to write it.")] = "jsonl",
    event: EventOption = None,
    user: UserOption = None,
    profile: ProfileOption = None,
) -> None:
    """Write all matching audit rows to standard output, newest first; the log notes that it was done.

    Example: doorward audit export --format csv > audit.csv
    """

    async def export(auth: Auth) -> None:
        sys.stdout.write(head(form))
        async for rows in auth.export_audit_log(OPERATOR, await _query(auth, event, user)):
            sys.stdout.write(lines(rows, form))

    with_engine(profile, export)


async def _query(auth: Auth, event: str | None, user: str | None) -> AuditQuery:
    found = await auth.list_users.named(user, OPERATOR) if user else None
    return AuditQuery(event_type=event, user_id=found.id if found else None)
