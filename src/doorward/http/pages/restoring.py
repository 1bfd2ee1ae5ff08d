"""Keeping an account that was closed."""

from fastapi import APIRouter, Depends, Request, Response

from doorward.auth import retried
from doorward.domain.errors import AuthError
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.pages.rendering import Pages
from doorward.http.pages.routes import FORM, Token, Typed, page_router, see_other


def router(config: HttpConfig) -> APIRouter:
    """Where the link of the letter leads."""
    auth, pages, routes = config.auth, Pages(config), page_router(config)

    @routes.get("/restore-account")
    async def restore_page(request: Request, token: Token = "") -> Response:
        """Ask first: programs open links too."""
        try:
            user = await auth.restore_account.see(token)
        except AuthError as error:
            return pages.show(request, "restore", refused=error)
        return pages.show(request, "restore", token=token, user=user)

    @routes.post("/restore-account/form", openapi_extra=FORM, dependencies=[Depends(limited(config, "reset"))])
    async def restore_by_form(request: Request, token: Typed = "") -> Response:
        """Keep it."""
        try:
            await retried(auth.restore_account, token, client_of(request, config.trusted_proxies))
        except AuthError as error:
            return pages.show(request, "restore", refused=error)
        return see_other("/sign-in?done=restored")

    return routes
