"""What all pages of the console share: only administrators enter, and each page stands in the same frame."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from doorward.domain.actor import Actor, Current
from doorward.domain.errors import AuthError, LookingOnly
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.pages.rendering import Pages
from doorward.http.pages.routes import page_router
from doorward.http.security import Security
from doorward.languages import N_, Speech

CONSOLE = "/admin"
NAVIGATION = (
    (CONSOLE, N_("Overview")),
    (f"{CONSOLE}/users", N_("Users")),
    (f"{CONSOLE}/audit", N_("Audit log")),
    (f"{CONSOLE}/outbox", N_("Outbox")),
    (f"{CONSOLE}/mail", N_("Letters")),
    (f"{CONSOLE}/settings", N_("Settings")),
    (f"{CONSOLE}/health", N_("Health")),
)


class Console:
    """Routes, the administrator who asks, and pages in the console's frame."""

    def __init__(self, config: HttpConfig) -> None:
        self.config = config
        self.auth = config.auth
        self._pages = Pages(config)

    def router(self) -> APIRouter:
        """A router for pages of the console; each of its routes has to ask for `admin`."""
        return page_router(self.config)

    def admin(self) -> Callable[..., Awaitable[Actor]]:
        """The administrator of a request; strangers are led to the sign-in, others are refused."""
        visitor = Security(self.config).current_by_cookie()

        async def find(request: Request, found: Current = Depends(visitor)) -> Actor:
            actor = Actor(found.user, client_of(request, self.config.trusted_proxies))
            if found.session.acting_id is not None:
                raise LookingOnly
            actor.must_be_admin()
            return actor

        return find

    def speech(self, request: Request) -> Speech:
        """The language of a request."""
        return self._pages.speech(request)

    def show(
        self,
        request: Request,
        actor: Actor,
        name: str,
        *,
        refused: AuthError | None = None,
        typed: Mapping[str, str] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """Render `console/<name>.html`; the rest is as for `Pages.show`."""
        inside = {"actor": actor, "navigation": NAVIGATION, **values}
        return self._pages.show(request, f"console/{name}", refused=refused, typed=typed, **inside)
