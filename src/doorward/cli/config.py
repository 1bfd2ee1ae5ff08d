"""`doorward config`."""

from dataclasses import asdict

import typer

from doorward.cli.profiles import show_in_force
from doorward.cli.running import JsonOption, ProfileOption, show
from doorward.settings import load
from doorward.settings.explained import explained

commands = typer.Typer(help="The settings.", no_args_is_help=True)


@commands.callback()
def group() -> None:
    """The settings."""


@commands.command("show")
def show_config(profile: ProfileOption = None, as_json: JsonOption = False) -> None:
    """Show every setting as it is in force here, and where it was said; in JSON with default and meaning.

    Secrets stay hidden. Example: doorward config show --json
    """
    loaded = load({"profile": profile})
    if as_json:
        show([asdict(one) for one in explained(loaded.settings, loaded.origins)], as_json=True)
        return
    show_in_force(loaded)
