"""Staying signed in: the refresh cookie travels to one path only, so pages send the browser there and back."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from doorward.auth import retried
from doorward.domain.errors import TokenInvalid
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.pages.forms import typed_form, without_secrets
from doorward.http.pages.rendering import Pages
from doorward.http.pages.routes import FORM, HOME, RENEW_PATH, Asked, own_path, page_router, see_other, to_sign_in
from doorward.http.security import Security


def router(config: HttpConfig) -> APIRouter:
    """One path, for looks and for forms."""
    auth, pages, security, routes = config.auth, Pages(config), Security(config), page_router(config)

    async def renewed(request: Request, response: Response) -> Response:
        token = security.own_refresh_cookie(request)
        refreshed = await retried(auth.refresh_session, token, client_of(request, config.trusted_proxies))
        security.deliver(response, refreshed)
        return response

    @routes.get(RENEW_PATH, dependencies=[Depends(limited(config, "refresh"))])
    async def renew(request: Request, next: Asked = HOME) -> Response:  # noqa: A002 - its usual name
        """Go on with a fresh session cookie, or ask to sign in."""
        try:
            return await renewed(request, see_other(own_path(next)))
        except TokenInvalid:
            left = to_sign_in(own_path(next))
            security.cookies.clear(left)
            return left

    @routes.post(RENEW_PATH, openapi_extra=FORM, dependencies=[Depends(limited(config, "refresh"))])
    async def renew_and_send(request: Request, next: Asked = HOME) -> Response:  # noqa: A002
        """The same for a form, which is sent on; if one has to sign in again, what was typed is kept on the page."""
        try:
            return await renewed(request, RedirectResponse(own_path(next), 307))
        except TokenInvalid:
            form = await typed_form(request)
            kept = without_secrets(form)
            # Without its password or code a form would only cost a try.
            is_whole = kept == form
            return pages.show(request, "expired_form", status=401, action=own_path(next), kept=kept, is_whole=is_whole)

    return routes
