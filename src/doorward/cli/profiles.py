"""`doorward profiles`."""

from dataclasses import asdict, fields, is_dataclass
from datetime import timedelta
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from doorward.cli.running import JsonOption, show
from doorward.domain.policies.limits import Rate
from doorward.settings import PROFILES, load, profile_names
from doorward.settings.explained import HIDDEN, explained, value_of
from doorward.settings.load import Loaded, known_names

commands = typer.Typer(help="Presets of policies.", no_args_is_help=True)


@commands.command("list")
def list_profiles(as_json: JsonOption = False) -> None:
    """List the profiles of this release.

    Example: doorward profiles list
    """
    described = [{"profile": name, "about": _about(name)} for name in profile_names()]
    show(described, as_json=as_json, columns=("profile", "about"))


@commands.command("show")
def show_profile(profile: Annotated[str, typer.Argument(help="Its name.")], as_json: JsonOption = False) -> None:
    """Show the effective value of every setting, and where it comes from.

    Example: doorward profiles show code-activation --json
    """
    loaded = load({"profile": profile})
    if as_json:
        show({name: _written(value_of(loaded.settings, name)) for name in known_names()}, as_json=True)
        return
    show_in_force(loaded)


def show_in_force(loaded: Loaded) -> None:
    """Print a table of all settings."""
    rows = [
        asdict(one) | {"setting": one.name, "from": one.source} for one in explained(loaded.settings, loaded.origins)
    ]
    show(rows, as_json=False, columns=("setting", "value", "from"))


def _about(name: str) -> str:
    first = (PROFILES / f"{name}.toml").read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("# ")


def _written(value: Any) -> Any:
    """A value as JSON has it; secrets stay hidden."""
    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, timedelta):
        return f"{value.total_seconds():f}".rstrip("0").rstrip(".") + "s"
    if isinstance(value, Rate):
        return str(value)
    if isinstance(value, tuple):
        return [str(part) for part in value]
    if is_dataclass(value):
        return {f.name: _written(getattr(value, f.name)) for f in fields(value)}
    return value if isinstance(value, bool | int | str) or value is None else str(value)
