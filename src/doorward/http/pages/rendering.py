"""Pages in the visitor's language: no third party, no inline script or style, and nothing that needs a script."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from doorward.domain.errors import AuthError, NotFound
from doorward.http.client import language_of
from doorward.http.config import HttpConfig
from doorward.http.errors import refusal
from doorward.http.pages import FOLDER
from doorward.http.pages.branded import logo_of, style_of
from doorward.http.pages.fields import FIELDS, password_rules, rules_for_managers
from doorward.http.pages.words import Told, event_words, message_words, told, usual
from doorward.http.security import SAFE_METHODS
from doorward.http.whereabouts import place_words
from doorward.languages import OFFERED, SOURCE, Speech, speech
from doorward.languages.templating import templates

STATIC = FOLDER / "static"
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
THEME_COOKIE = "doorward_theme"
THEMES = ("light", "dark")


class Pages:
    """Renders the templates."""

    def __init__(self, config: HttpConfig) -> None:
        self._config = config

    def speech(self, request: Request) -> Speech:
        """The language of a request."""
        return speech(language_of(request))

    def show(
        self,
        request: Request,
        name: str,
        *,
        status: int = 200,
        refused: AuthError | None = None,
        typed: Mapping[str, str] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """Render a page.

        Args:
            request: what it answers.
            name: of the template.
            status: unless a refusal says another.
            refused: why the form is shown again.
            typed: what was typed into it; never a password.
            values: what the template asks for.
        """
        answer = refusal(request, refused) if refused else None
        said = self.speech(request)
        about = {
            "config": self._config,
            "policies": self._config.auth.policies,
            "fields": FIELDS,
            "path": request.url.path,
            "here": _here(request),
            "speech": said,
            "place": partial(place_words, self._config.places, said),
            "languages": [speech(language) for language in OFFERED],
            "theme": _theme(request),
            "typed": typed or {},
            "told": told(refused, said, self._config.auth.parts.now()) if refused else Told(),
            "request_id": request.scope.get("request_id", ""),
        }
        html = (
            _environment(said.language, self._config.templates).get_template(f"{name}.html").render({**about, **values})
        )
        shown = HTMLResponse(html, answer.status_code if answer else status)
        shown.headers["Content-Security-Policy"] = POLICY
        # With `no-referrer` a browser sends forms with `Origin: null`, which is no proof of coming from here.
        shown.headers["Referrer-Policy"] = "strict-origin"
        if answer and "retry-after" in answer.headers:
            shown.headers["Retry-After"] = answer.headers["retry-after"]
        return shown

    def show_code(self, request: Request, code: str, *, status: int) -> HTMLResponse:
        """Say what a code means."""
        return self.show(request, "refused", status=status, told=Told(usual(code, self.speech(request)), code))


def must_render(config: HttpConfig) -> None:
    """Raise TemplateError unless pages of one's own can be read, and the frame of all pages can be shown."""
    environment = _environment(SOURCE, config.templates)
    for name in environment.list_templates(["html"]):
        environment.get_template(name)
    nobody = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    Pages(config).show(Request(nobody), "refused", refused=NotFound())


def with_frame(shown: HTMLResponse) -> HTMLResponse:
    """A page on which a letter stands in a frame."""
    shown.headers["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    return shown


@cache
def _environment(language: str, own: Path | None) -> Environment:
    """The templates in one language; those of one's own may extend the ones here as `doorward/base.html`."""
    said = speech(language)
    made = templates(said, FOLDER / "templates", own)
    made.filters |= {
        "moment": said.moment,
        "day": said.day,
        "clock": said.clock,
        "duration": said.duration,
        "lasting": said.lasting,
    }
    made.filters |= {"say": said.say, "number": said.number, "pretty": _pretty}
    made.globals |= {
        "asset": asset,
        "logo_of": logo_of,
        "style_of": style_of,
        "event_words": event_words,
        "message_words": message_words,
    }
    made.globals |= {"password_rules": password_rules, "rules_for_managers": rules_for_managers}
    return made


@cache
def asset(name: str) -> str:
    """Where a file is; the address changes with what is in it, so that it may be kept for ever."""
    return f"/assets/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def _pretty(value: Mapping[str, object]) -> str:
    """JSON for people."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _here(request: Request) -> str:
    """Where a choice of language leads back to; nowhere from the answer to a form, for it cannot be looked at again."""
    if request.method not in SAFE_METHODS:
        return ""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _theme(request: Request) -> str:
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""
