"""The command `doorward`."""

import difflib
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from doorward import __version__
from doorward.domain.errors import AuthError, InvalidInput, Unavailable
from doorward.extras import CannotStart
from doorward.http.checks import reason_of
from doorward.http.errors import violation
from doorward.http.problems import PROBLEMS
from doorward.lasting import lasting
from doorward.settings import SettingsError

COMMANDS = (
    "dev",
    "demo",
    "serve",
    "worker",
    "migrate",
    "copy",
    "doctor",
    "openapi",
    "postman",
    "users",
    "audit",
    "admin",
    "keys",
    "mail",
    "profiles",
    "config",
)
"""Each is a module here that has a function of its name, or a group called `commands`."""
ADVICE = {
    "database": (
        "Check the server and DATABASE_URL: the database itself must exist (`doorward migrate` makes its tables), "
        "and any of /?#@:[]% in the password be percent-encoded.",
    )
}


class Listing(TyperGroup):
    """A group that says which commands there are to whoever names another."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], self.commands, n=1, cutoff=0.6)
            hint = f"Did you mean {close[0]}? " if close else ""
            ctx.fail(f"There is no command {args[0]!r}. {hint}There are: {', '.join(self.commands)}.")
        return super().resolve_command(ctx, args)


def command_line(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """Build the command with some of its commands; only their modules are loaded."""
    cli = typer.Typer(
        cls=Listing,
        name="doorward",
        help="User accounts for any application.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    cli.callback()(options)
    for name in names:
        module = import_module(f"doorward.cli.{name}")
        if hasattr(module, "commands"):
            cli.add_typer(module.commands, name=name)
        else:
            cli.command(name)(getattr(module, name))
    return cli


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"doorward {__version__}")
        raise typer.Exit


def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say it and leave.")
    ] = False,
) -> None:
    """User accounts for any application.

    Begin with: doorward dev
    """


def main() -> None:
    """Run the command line; whatever goes wrong is one clear sentence and an exit status."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    with lasting():
        cli = command_line([name for name in sys.argv[1:2] if name in COMMANDS] or COMMANDS)
    try:
        cli()
    except (SettingsError, CannotStart, AuthError, ValueError, OSError) as error:
        if debug:
            raise
        for line in explained(error):
            typer.echo(f"doorward: {line}", err=True)
        raise SystemExit(1 if isinstance(error, AuthError) else 2) from None


def explained(error: Exception) -> list[str]:
    """What to tell a person about an error."""
    if isinstance(error, SettingsError):
        return error.problems
    if isinstance(error, InvalidInput):
        return [violation(v)["detail"] for v in error.violations]
    if isinstance(error, Unavailable):
        return [f"The {error.dependency} cannot be used ({reason_of(error)}).", *ADVICE.get(error.dependency, ())]
    if isinstance(error, AuthError):
        return [f"{PROBLEMS[error.code].title}."]
    return [str(error)]
