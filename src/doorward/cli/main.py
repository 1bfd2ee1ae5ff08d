"""The command `doorward`."""

import difflib
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from doorward import __version__
from doorward.cli import (
    admin,
    audit,
    config,
    copy,
    demo,
    dev,
    doctor,
    export_users,
    import_users,
    keys,
    mail,
    migrate,
    openapi,
    postman,
    profiles,
    serve,
    users,
    worker,
)
from doorward.domain.errors import AuthError, InvalidInput, Unavailable
from doorward.extras import CannotStart
from doorward.http.checks import reason_of
from doorward.http.errors import violation
from doorward.http.problems import PROBLEMS
from doorward.settings import SettingsError

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


cli = typer.Typer(
    cls=Listing,
    name="doorward",
    help="User accounts for any application.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
cli.command("dev")(dev.dev)
cli.command("demo")(demo.demo)
cli.command("serve")(serve.serve)
cli.command("worker")(worker.worker)
cli.command("migrate")(migrate.migrate)
cli.command("copy")(copy.copy)
cli.command("doctor")(doctor.doctor)
cli.command("openapi")(openapi.openapi)
cli.command("postman")(postman.postman)
users.commands.command("import")(import_users.import_users)
users.commands.command("export")(export_users.export_users)
cli.add_typer(users.commands, name="users")
cli.add_typer(audit.commands, name="audit")
cli.add_typer(admin.commands, name="admin")
cli.add_typer(keys.commands, name="keys")
cli.add_typer(mail.commands, name="mail")
cli.add_typer(profiles.commands, name="profiles")
cli.add_typer(config.commands, name="config")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"doorward {__version__}")
        raise typer.Exit


@cli.callback()
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
