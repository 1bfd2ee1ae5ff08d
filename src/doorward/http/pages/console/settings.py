"""The settings that are in force, and where each was said."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from doorward.domain.actor import Actor
from doorward.http.config import ExplainedSetting, HttpConfig
from doorward.http.pages.console.shell import CONSOLE, Console
from doorward.http.pages.routes import Asked
from doorward.languages import N_, Speech

SECTIONS: Mapping[str, str] = {
    "general": N_("General"),
    "registration": N_("Sign-up"),
    "password": N_("Passwords"),
    "verification": N_("Verification"),
    "lockout": N_("Lockout"),
    "reset": N_("Forgotten passwords"),
    "closing": N_("Closing accounts"),
    "session": N_("Sessions"),
    "hashing": N_("Hashing"),
    "sms": N_("Text messages"),
    "limits": N_("Limits"),
}
SOURCES: Mapping[str, str] = {
    "default": N_("the default"),
    "development": N_("made for development"),
    "flag": N_("the command line"),
    "environment": N_("the environment"),
    "secret file": N_("a secret file"),
}
_PROFILE = N_("the profile {name}")


def router(config: HttpConfig) -> APIRouter:
    """One page that changes nothing: settings are read at the start."""
    console = Console(config)
    routes = console.router()
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.get(f"{CONSOLE}/settings")
    async def settings_page(request: Request, actor: Admin, q: Asked = "", changed: Asked = "") -> Response:
        """Show them, all or those that are looked for."""
        found = [one for one in config.settings if _is_wanted(one, q, is_changed=bool(changed))]
        sections = [(SECTIONS.get(name, name), list(of)) for name, of in groupby(found, lambda one: one.section)]
        speech = console.speech(request)
        sources = {one.source: _source(one.source, speech) for one in found}
        asked: dict[str, Any] = {"q": q, "changed": changed}
        return console.show(request, actor, "settings", sections=sections, sources=sources, **asked)

    return routes


def _is_wanted(one: ExplainedSetting, text: str, *, is_changed: bool) -> bool:
    words: Sequence[str] = text.lower().replace(" ", "_"), text.lower()
    is_found = any(word in part.lower() for word in words for part in (one.name, one.about, one.source))
    return is_found and not (is_changed and one.source == "default")


def _source(source: str, speech: Speech) -> str:
    """Where a setting was said, in words."""
    kind, _, name = source.partition(" ")
    if kind == "profile":
        return speech.say(_PROFILE).format(name=name)
    return speech.say(SOURCES.get(source, source))
