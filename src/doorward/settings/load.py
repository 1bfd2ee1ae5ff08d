"""Gathering settings: flags, environment, `.env`, secret files, `doorward.toml`, profile, defaults; first wins."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError

from doorward.settings.model import PROFILES, SECTIONS, Settings, profile_names

PREFIX = "DOORWARD_"
PLAIN = (
    "DATABASE_URL",
    "REDIS_URL",
    "RABBITMQ_URL",
    "SMTP_URL",
    "SMS_URL",
    "PUBLIC_URL",
    "SECRET_KEY",
    "ALGORITHM",
    "LOG_LEVEL",
    "LOG_FILE",
    "GEOIP_DATABASE",
)
FILE_SUFFIX = "_FILE"


class SettingsError(Exception):
    """Settings that cannot be used; `problems` says for each what is wrong and what to write."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Source:
    """Values by dotted name, and where they stand."""

    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and for each name that was set somewhere, where."""

    settings: Settings
    origins: Mapping[str, str]


def known_names() -> list[str]:
    """All dotted names, such as `public_url` and `password.min_length`."""
    names = [name for name in Settings.model_fields if name not in SECTIONS]
    return names + [f"{section}.{f.name}" for section, policy in SECTIONS.items() for f in fields(policy)]


def load(
    flags: Mapping[str, Any] | None = None, *, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> Loaded:
    """Load the settings.

    Args:
        flags: values from the command line by dotted name; None values count as not given.
        environ: instead of the process's environment.
        folder: where `.env` and `doorward.toml` are looked for, instead of the working directory.

    Raises:
        SettingsError: a name is not known or a value cannot be read; every problem is listed.
    """
    environ, folder = (os.environ if environ is None else environ), folder or Path()
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    dotenv = _read_dotenv(folder / ".env")
    sources = [
        Source("flag", given),
        Source("environment", _from_environ(environ)),
        Source(".env", _from_environ(dotenv)),
        Source("secret file", {**_from_files(dotenv), **_from_files(environ)}),
        Source("doorward.toml", _from_toml(folder / "doorward.toml")),
    ]
    profile = next((str(s.values["profile"]) for s in sources if "profile" in s.values), "modern")
    sources.append(Source(f"profile {profile}", _from_toml(_profile_path(profile))))
    _refuse_unknown(sources)
    merged = {name: value for source in reversed(sources) for name, value in source.values.items()}
    origins = {name: source.name for source in reversed(sources) for name in source.values}
    return Loaded(_validate(merged | {"profile": profile}, origins), origins)


def environment_name(dotted: str) -> str:
    """How a setting is called in the environment."""
    name = dotted.upper().replace(".", "__")
    return name if name in PLAIN else PREFIX + name


def _read_dotenv(path: Path) -> dict[str, str]:
    """Read `.env`; a line without a value, or a name that is nearly one of ours, is a mistake and not silence."""
    found = dotenv_values(path)
    ours = [*PLAIN, *(environment_name(name) for name in known_names())]
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    bare = [line.split()[0] for line in lines if line.split() and "=" not in line]
    problems = [f"{name} (.env) has no value: write NAME=value." for name in bare if name in ours]
    for name in found:
        if not name.startswith(PREFIX) and name.removesuffix(FILE_SUFFIX) not in PLAIN:
            close = difflib.get_close_matches(name, ours, n=1, cutoff=0.85)
            problems += [f"{name} (.env) is no setting. Did you mean {close[0]}?" for close in [close] if close]
    if problems:
        raise SettingsError(problems)
    return {name: value for name, value in found.items() if value is not None}


def _from_environ(environ: Mapping[str, str]) -> dict[str, str]:
    values = {name.lower(): environ[name] for name in PLAIN if name in environ}
    ours = {name for name in environ if name.startswith(PREFIX) and not _is_file(name)}
    return values | {name.removeprefix(PREFIX).lower().replace("__", "."): environ[name] for name in sorted(ours)}


def _from_files(environ: Mapping[str, str]) -> dict[str, str]:
    values = {}
    for name, path in environ.items():
        is_ours = name.startswith(PREFIX) or name.removesuffix(FILE_SUFFIX) in PLAIN
        if not (is_ours and _is_file(name) and path):
            continue
        dotted = name.removesuffix(FILE_SUFFIX).removeprefix(PREFIX).lower().replace("__", ".")
        try:
            values[dotted] = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError([f"{name}: the file cannot be read ({error.strerror})."]) from None
    return values


def _is_file(name: str) -> bool:
    return name.endswith(FILE_SUFFIX) and name.removeprefix(PREFIX) != "LOG_FILE"


def _from_toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"{path.name}: {error}."]) from None
    flat: dict[str, Any] = {}
    for name, value in content.items():
        flat |= {f"{name}.{key}": v for key, v in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def _profile_path(profile: str) -> Path:
    if profile not in profile_names():
        close = difflib.get_close_matches(profile, profile_names(), n=1, cutoff=0.6)
        hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(profile_names())}."
        raise SettingsError([f"There is no profile {profile!r}. {hint}"])
    return PROFILES / f"{profile}.toml"


def _refuse_unknown(sources: list[Source]) -> None:
    known = known_names()
    spelled = [environment_name(name) for name in known]
    problems = []
    for source in sources:
        for name in source.values:
            if name in known:
                continue
            is_environment = source.name in ("environment", ".env", "secret file")
            shown = environment_name(name) if is_environment else name
            problems.append(
                f"{shown} ({source.name}) is no setting.{_hint(shown, spelled if is_environment else known)}"
            )
    if problems:
        raise SettingsError(problems)


def _hint(name: str, candidates: list[str]) -> str:
    close = difflib.get_close_matches(name, candidates, n=1, cutoff=0.75)
    return f" Did you mean {close[0]}?" if close else " See docs/settings.md."


def _validate(values: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    nested: dict[str, Any] = {}
    for name, value in values.items():
        section, _, key = name.partition(".")
        if key:
            nested.setdefault(section, {})[key] = value
        else:
            nested[section] = value
    try:
        return Settings.model_validate(nested)
    except ValidationError as error:
        found = {_dotted(problem["loc"]): problem["msg"] for problem in reversed(error.errors(include_input=False))}
        raise SettingsError([_described(name, found[name], origins) for name in reversed(found)]) from None


def _dotted(location: tuple[int | str, ...]) -> str:
    names = location[:2] if location[0] in SECTIONS else location[:1]
    return ".".join(str(name) for name in names)


def _described(dotted: str, message: str, origins: Mapping[str, str]) -> str:
    message = message.removeprefix("Value error, ")
    key, is_named, rest = message.partition(" ")
    if dotted in SECTIONS and is_named and key.strip(":").isupper():  # a policy names its member itself
        dotted, message = f"{dotted}.{key.strip(':').lower()}", rest
    where = f" ({origins[dotted]})" if dotted in origins else ""
    return f"{environment_name(dotted)}{where}: {message}."
