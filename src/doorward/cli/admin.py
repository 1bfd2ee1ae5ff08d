"""`doorward admin`."""

from typing import Annotated, Any

import typer

from doorward.auth import Auth
from doorward.cli.first_admin import console_link
from doorward.cli.running import OPERATOR, JsonOption, ProfileOption, show, with_engine
from doorward.domain.errors import NotFound
from doorward.domain.user import Role
from doorward.ports.store import UserQuery
from doorward.settings.values import parse_duration

commands = typer.Typer(help="Administrators.", no_args_is_help=True)
MOST = parse_duration("1d")
SHOWN = 5


@commands.callback()
def group() -> None:
    """Administrators."""


@commands.command("link")
def make_link(
    name: Annotated[str, typer.Argument(metavar="EMAIL", help="Whose (or phone, user name, id).")],
    ttl: Annotated[str, typer.Option(help="How long it is good: 90s, 10m, at most 24h.")] = "15m",
    demo: Annotated[bool, typer.Option("--demo", help="In the database of `doorward demo`.")] = False,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a link that signs an administrator in, once, and leads to the console.

    Whoever has it is let in, so hand it over safely.

    Without DATABASE_URL it looks into the development database of this folder; with --demo, into the demo's.
    PUBLIC_URL says where the service is, unless that is http://127.0.0.1:8000.

    Example: doorward admin link ada@example.com --ttl 5m
    """
    try:
        lasting = parse_duration(ttl)
    except ValueError as error:
        raise ValueError(f"--ttl: {error}") from None
    if not lasting or lasting > MOST:
        raise ValueError("--ttl: at most 24h, and longer than nothing")

    async def make(auth: Auth) -> dict[str, Any]:
        try:
            user = await auth.list_users.named(name, OPERATOR)
        except NotFound:
            raise ValueError(f"There is no account {name}. {await _who_may(auth)}") from None
        return {"link": await console_link(auth, user, lasting), "valid": ttl}

    made = with_engine(profile, make, is_demo=demo)
    show(made, as_json=True) if as_json else typer.echo(made["link"])


async def _who_may(auth: Auth) -> str:
    """Who could have been meant."""
    found = await auth.list_users(UserQuery(role=Role.ADMIN, limit=SHOWN), OPERATOR)
    names = [str(user.email or user.username or user.phone) for user in found.items]
    return f"Administrators are {', '.join(names)}." if names else "Make one: doorward users create EMAIL --role admin."
