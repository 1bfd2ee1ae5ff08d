"""Seeing a user's pages as he does, and the way back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from doorward.auth import retried
from doorward.domain.actor import Actor, Current
from doorward.domain.errors import Forbidden, InvalidInput
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.pages.console.acts import reason_of
from doorward.http.pages.console.selection import USERS
from doorward.http.pages.console.shell import Console
from doorward.http.pages.console.user import show_user
from doorward.http.pages.forms import typed_form
from doorward.http.pages.routes import FORM, HOME, see_other
from doorward.http.security import Security


def router(config: HttpConfig) -> APIRouter:
    """In and out."""
    console, security = Console(config), Security(config)
    auth, routes = config.auth, console.router()
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type
    Visitor = Annotated[Current, Depends(security.current_by_cookie())]  # noqa: N806 - a type
    Looker = Annotated[Current, Depends(security.current_by_cookie(may_look=True))]  # noqa: N806 - a type

    @routes.post(f"{USERS}/{{user_id:uuid}}/look", openapi_extra=FORM)
    async def look(request: Request, user_id: UUID, actor: Admin, found: Visitor) -> Response:
        """Begin; the refresh cookie stays the administrator's, and leads back."""
        form = await typed_form(request)
        try:
            begun = await retried(auth.look_as_user, user_id, found, actor.client, reason_of(form))
        except InvalidInput as error:
            return await show_user(console, request, actor, user_id, refused=error, typed=form, tried="look")
        entered = see_other(HOME)
        security.deliver(entered, begun)
        security.cookies.set_looking(entered)
        return entered

    @routes.post("/account/looking/end", openapi_extra=FORM)
    async def end(request: Request, found: Looker) -> Response:
        """Come back to the console."""
        if found.session.acting_id is None:
            raise Forbidden
        await retried(auth.sign_out, found, found.session_id, client_of(request, config.trusted_proxies))
        left = see_other(f"{USERS}/{found.user.id}")
        security.cookies.leave(left)
        return left

    return routes
