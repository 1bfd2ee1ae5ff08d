"""`doorward audit`."""

import csv
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any, Literal

import typer

from doorward.auth import Auth
from doorward.cli.running import OPERATOR, JsonOption, ProfileOption, show, with_engine
from doorward.ports.store import AuditQuery, AuditRow

commands = typer.Typer(help="The audit log.", no_args_is_help=True)
COLUMNS = ("id", "event_time", "event_type", "user_id", "ip_address", "details")
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
        return [_row(row) for row in page.items]

    show(with_engine(profile, read), as_json=as_json, columns=COLUMNS[1:])


@commands.command("export")
def export_audit(
    form: Annotated[Literal["jsonl", "csv"], typer.Option("--format", help="How to write it.")] = "jsonl",
    event: EventOption = None,
    user: UserOption = None,
    profile: ProfileOption = None,
) -> None:
    """Write all matching audit rows to standard output, newest first.

    Example: doorward audit export --format csv > audit.csv
    """

    async def export(auth: Auth) -> None:
        writer = csv.DictWriter(sys.stdout, COLUMNS)
        if form == "csv":
            writer.writeheader()
        async for row in _all(auth, await _query(auth, event, user)):
            if form == "csv":
                writer.writerow({name: _harmless(value) for name, value in _row(row).items()})
            else:
                sys.stdout.write(json.dumps(_row(row), default=str) + "\n")

    with_engine(profile, export)


async def _query(auth: Auth, event: str | None, user: str | None) -> AuditQuery:
    found = await auth.list_users.named(user, OPERATOR) if user else None
    return AuditQuery(event_type=event, user_id=found.id if found else None)


async def _all(auth: Auth, query: AuditQuery) -> AsyncIterator[AuditRow]:
    cursor: str | None = None
    while True:
        page = await auth.read_audit_log(replace(query, limit=1000, cursor=cursor), OPERATOR)
        for row in page.items:
            yield row
        cursor = page.next_cursor
        if cursor is None:
            return


def _row(row: AuditRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COLUMNS}


def _harmless(value: Any) -> Any:
    """A spreadsheet takes a cell that begins like this for a formula."""
    text = json.dumps(value) if isinstance(value, dict) else "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
