"""What keeps an account one's own: the password, and the devices that are signed in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from doorward.auth import retried
from doorward.domain.actor import Current, PasswordOwner
from doorward.domain.errors import AuthError
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.pages.rendering import Pages
from doorward.http.pages.routes import FORM, Asked, Typed, page_router, see_other
from doorward.http.security import Security
from doorward.use_cases.change_password import PasswordChange

PATH = "/account/security"


def router(config: HttpConfig) -> APIRouter:
    """Password and devices."""
    auth, pages, security, routes = config.auth, Pages(config), Security(config), page_router(config)
    Visitor = Annotated[Current, Depends(Security(config).current_by_cookie())]  # noqa: N806 - a type

    async def show(request: Request, found: Current, *, done: str = "", refused: AuthError | None = None) -> Response:
        sessions = await auth.list_sessions(found)
        return pages.show(request, "security", refused=refused, found=found, sessions=sessions, done=done)

    @routes.get(PATH)
    async def security_page(request: Request, found: Visitor, done: Asked = "") -> Response:
        """Show both."""
        return await show(request, found, done=done)

    @routes.post(f"{PATH}/password", openapi_extra=FORM)
    async def change_password(
        request: Request, found: Visitor, current_password: Typed = "", new_password: Typed = ""
    ) -> Response:
        """Change the password; all other devices are signed out."""
        change = PasswordChange(
            owner=PasswordOwner(found.user, session_id=found.session_id),
            old=Password.typed(current_password),
            new=Password.typed(new_password),
            client=client_of(request, config.trusted_proxies),
        )
        try:
            await retried(auth.change_password, change)
        except AuthError as error:
            return await show(request, found, refused=error)
        return see_other(f"{PATH}?done=password")

    @routes.post(f"{PATH}/devices/others/end", openapi_extra=FORM)
    async def end_others(request: Request, found: Visitor) -> Response:
        """Sign out everywhere else."""
        await retried(auth.sign_out.others, found, client_of(request, config.trusted_proxies))
        return see_other(f"{PATH}?done=others")

    @routes.post(f"{PATH}/devices/{{session_id}}/end", openapi_extra=FORM)
    async def end_device(request: Request, session_id: UUID, found: Visitor) -> Response:
        """Sign out on one device; on this one, that is all."""
        await retried(auth.sign_out, found, session_id, client_of(request, config.trusted_proxies))
        if session_id != found.session_id:
            return see_other(f"{PATH}?done=device")
        left = see_other("/sign-in?done=signed-out")
        security.cookies.clear(left)
        return left

    return routes
