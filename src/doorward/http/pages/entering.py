"""The page behind the link that lets an administrator in."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from doorward.auth import retried
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.pages.forms import FORM, Token, Typed, answer, show
from doorward.http.routing import new_router
from doorward.http.security import Security
from doorward.methods.session_opening import SignedIn


def router(config: HttpConfig) -> APIRouter:
    """Opening the page spends nothing; its button does."""
    auth, security, routes = config.auth, Security(config), new_router("Pages")
    routes.include_in_schema = False

    @routes.get("/sign-in-link")
    async def sign_in_link_page(token: Token = "") -> HTMLResponse:
        """Ask before the link is spent: mail scanners open links too."""
        return show("enter", config, token=token)

    @routes.post("/sign-in-link/form", openapi_extra=FORM, dependencies=[Depends(limited(config, "sign_in"))])
    async def sign_in_by_link(request: Request, token: Typed = "") -> HTMLResponse:
        """Sign an administrator in by the link that the operator made."""
        security.must_be_same_site(request)
        entered: list[SignedIn] = []

        async def enter() -> None:
            entered.append(await retried(auth.sign_in_link, token, client_of(request, config.trusted_proxies)))

        shown = await answer(request, "enter", config, enter, token=token)
        for signed_in in entered:
            security.deliver(shown, signed_in)
        return shown

    return routes
