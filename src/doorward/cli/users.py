"""`doorward users`."""

import sys
from typing import Annotated, Any

import typer

from doorward.auth import Auth, retried
from doorward.cli.export_users import export_users
from doorward.cli.import_users import import_users
from doorward.cli.running import OPERATOR, JsonOption, ProfileOption, show, with_engine
from doorward.domain.identifiers import Kind
from doorward.domain.password import Password
from doorward.domain.registration import SignUp
from doorward.domain.status_action import StatusAction
from doorward.domain.user import Profile, Role, Status, User
from doorward.extras import CannotStart
from doorward.ports.store import UserQuery

commands = typer.Typer(help="Accounts.", no_args_is_help=True)
COLUMNS = ("id", "email", "phone", "first_name", "last_name", "status", "role", "verified_at", "last_login_at")
Name = Annotated[str, typer.Argument(metavar="USER", help="E-mail, phone, user name or id.")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Why; it stands in the audit log.")]


@commands.command("list")
def list_users(
    text: Annotated[str | None, typer.Argument(help="Looked for in e-mail, names, user name and phone.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only with this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 50,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """List accounts, newest first.

    Example: doorward users list --status LOCKED
    """

    async def read(auth: Auth) -> list[dict[str, Any]]:
        page = await auth.list_users(UserQuery(text=text, status=status, limit=limit), OPERATOR)
        return [described(user) for user in page.items]

    show(with_engine(profile, read), as_json=as_json, columns=COLUMNS)


@commands.command("show")
def show_user(user: Name, profile: ProfileOption = None, as_json: JsonOption = False) -> None:
    """Show one account.

    Example: doorward users show ada@example.com
    """

    async def read(auth: Auth) -> dict[str, Any]:
        return described(await auth.list_users.named(user, OPERATOR))

    show(with_engine(profile, read), as_json=as_json)


@commands.command("create")
def create_user(
    identifier: Annotated[str, typer.Argument(metavar="EMAIL", help="The address of the new account.")],
    password_stdin: PasswordStdin = False,
    role: Annotated[Role, typer.Option(help="user or admin.")] = Role.USER,
    verified: Annotated[bool, typer.Option("--verified", help="You vouch for the address.")] = False,
    first_name: Annotated[str, typer.Option(help="First name.")] = "",
    last_name: Annotated[str, typer.Option(help="Last name.")] = "",
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create an account; the password comes from standard input or a hidden prompt, never from the command line.

    Example: doorward users create ada@example.com --password-stdin --role admin --verified
    """
    sign_up = SignUp(
        email=identifier,
        password=read_password(from_stdin=password_stdin),
        profile=Profile(first_name=first_name, last_name=last_name),
    )

    async def create(auth: Auth) -> dict[str, Any]:
        return described(await retried(auth.create_user, sign_up, OPERATOR, role=role, verified=verified))

    show(with_engine(profile, create), as_json=as_json)
    if role is Role.ADMIN:
        typer.echo(f"A link into the console: doorward admin link {identifier}", err=True)


@commands.command("set-password")
def set_password(user: Name, password_stdin: PasswordStdin = False, profile: ProfileOption = None) -> None:
    """Set a new password; all sessions of the account end.

    Example: doorward users set-password ada@example.com
    """
    password = read_password(from_stdin=password_stdin)

    async def change(auth: Auth) -> None:
        found = await auth.list_users.named(user, OPERATOR)
        await retried(auth.set_password, found.id, password, OPERATOR)

    with_engine(profile, change)
    typer.echo("The password is set.")


@commands.command("set-role")
def set_role(
    user: Name,
    role: Annotated[Role, typer.Argument(help="user or admin.")],
    reason: ReasonOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make somebody an administrator, or no longer one.

    Example: doorward users set-role ada@example.com admin
    """

    async def change(auth: Auth) -> dict[str, Any]:
        found = await auth.list_users.named(user, OPERATOR)
        return described(await retried(auth.update_user, found.id, {}, OPERATOR, role=role, reason=reason))

    show(with_engine(profile, change), as_json=as_json)


@commands.command("delete")
def delete_user(
    user: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    reason: ReasonOption = None,
    profile: ProfileOption = None,
) -> None:
    """Remove an account for good; its audit rows stay.

    Example: doorward users delete ada@example.com --reason "asked by mail"
    """
    if not yes:
        typer.confirm(f"Remove {user} for good?", abort=True)

    async def remove(auth: Auth) -> None:
        found = await auth.list_users.named(user, OPERATOR)
        await retried(auth.close_account.of, found.id, OPERATOR, reason)

    with_engine(profile, remove)
    typer.echo("The account is removed.")


def _status_command(action: StatusAction) -> None:
    name = action.wire_name

    def change(
        user: Name, reason: ReasonOption = None, profile: ProfileOption = None, as_json: JsonOption = False
    ) -> None:
        async def do(auth: Auth) -> dict[str, Any]:
            found = await auth.list_users.named(user, OPERATOR)
            return described(await retried(auth.set_user_status, found.id, action, OPERATOR, reason))

        show(with_engine(profile, do), as_json=as_json)

    change.__doc__ = f"{name.capitalize()} an account.\n\nExample: doorward users {name} ada@example.com"
    commands.command(name)(change)


for _action in StatusAction:
    _status_command(_action)


def described(user: User) -> dict[str, Any]:
    """An account as the command line shows it."""
    names = [*(k.value for k in Kind)]
    shown: dict[str, Any] = {"id": str(user.id)} | {name: getattr(user, name) for name in names}
    shown |= {"first_name": user.profile.first_name, "last_name": user.profile.last_name}
    shown |= {"status": user.status.value, "role": user.role.value, "failed_attempts": user.failed_attempts}
    moments = ("verified_at", "created_at", "last_login_at", "password_changed_at", "locked_until")
    return shown | {name: getattr(user, name) for name in moments}


def read_password(*, from_stdin: bool) -> Password:
    """Take a password from where no list of processes and no history shows it."""
    if from_stdin:
        return Password.typed(sys.stdin.readline().rstrip("\r\n"))
    if not sys.stdin.isatty():
        raise CannotStart("There is no terminal to ask for the password: give it with --password-stdin.")
    return Password.typed(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


commands.command("import")(import_users)
commands.command("export")(export_users)
