"""Every setting in words: its value, its default, where it comes from and what it means."""

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import SecretStr

from doorward.domain.policies.limits import Rate
from doorward.domain.urls import without_password
from doorward.settings.load import environment_name
from doorward.settings.model import SECTIONS, Settings

GENERAL = "general"
HIDDEN = "(set)"
_UNITS = ((86400, "d"), (3600, "h"), (60, "m"))


@dataclass(frozen=True, slots=True)
class Meaning:
    """A setting as the reference has it; `dotted` is its name in files, `name` the one in an environment."""

    dotted: str
    section: str
    default: str
    about: str

    @property
    def name(self) -> str:
        return environment_name(self.dotted)


@dataclass(frozen=True, slots=True)
class Explained:
    """A setting as it is in force; no secret stands in it."""

    name: str
    section: str
    value: str
    default: str
    source: str
    about: str
    is_secret: bool


def meanings() -> Iterator[Meaning]:
    """All settings, in the order of the reference."""
    for name, field in Settings.model_fields.items():
        if name not in SECTIONS:
            about = (field.description or "") + _choices(field.annotation)
            yield Meaning(name, GENERAL, text_of(field.default), about)
    for section, policy in SECTIONS.items():
        about_members, hints = _about_members(policy), get_type_hints(policy)
        for f in fields(policy):
            about = about_members.get(f.name, "") + _choices(hints[f.name])
            yield Meaning(f"{section}.{f.name}", section, text_of(f.default), about)


def explained(settings: Settings, origins: Mapping[str, str]) -> list[Explained]:
    """The settings of a service.

    Args:
        settings: in force.
        origins: where each of them was said; what was said nowhere and is no default was filled in by `dev`.
    """
    return [_explained(meaning, settings, origins) for meaning in meanings()]


def _explained(meaning: Meaning, settings: Settings, origins: Mapping[str, str]) -> Explained:
    value = text_of(value_of(settings, meaning.dotted))
    if meaning.dotted == "database_url":
        value = without_password(value).partition("?")[0]
    unsaid = "default" if value == meaning.default else "development"
    source = origins.get(meaning.dotted, unsaid)
    return Explained(
        name=meaning.name,
        section=meaning.section,
        value=value,
        default=meaning.default,
        source=source,
        about=meaning.about,
        is_secret=value == HIDDEN,
    )


def value_of(settings: Any, dotted: str) -> Any:
    """The value behind a dotted name."""
    for part in dotted.split("."):
        settings = getattr(settings, part)
    return settings


def text_of(value: Any) -> str:
    """A value as one would write it behind NAME= in an environment; secrets stay hidden."""
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, timedelta):
        return _duration(value.total_seconds())
    if isinstance(value, Rate):
        return str(value)
    members = value if isinstance(value, tuple) else (value,)
    return HIDDEN if isinstance(members[0], SecretStr) else ",".join(map(str, members))


def _duration(seconds: float) -> str:
    for size, unit in _UNITS:
        if seconds % size == 0 and (unit != "d" or seconds > size):
            return f"{seconds // size:.0f}{unit}"
    return f"{seconds:g}s"


def _choices(hint: object) -> str:
    """The words that a setting takes, if there are only some."""
    inner = next((a for a in (hint, *get_args(hint)) if get_origin(a) is Literal), None)
    return f" Takes {', '.join(f'`{word}`' for word in get_args(inner))}." if inner else ""


def _about_members(policy: type) -> dict[str, str]:
    """The entries under "Attributes:" of a docstring."""
    _, _, listed = (inspect.getdoc(policy) or "").partition("Attributes:\n")
    entries = re.findall(r"^ {4}(\w+): (.*?)(?=^ {4}\w+: |\Z)", listed, re.MULTILINE | re.DOTALL)
    return {name: " ".join(text.split()) for name, text in entries}
