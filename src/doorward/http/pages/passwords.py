"""Forgotten and expired passwords."""

from fastapi import APIRouter, Depends, Request, Response

from doorward.auth import retried
from doorward.domain.errors import AuthError
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.pages.forms import identifier_field, typed_form
from doorward.http.pages.rendering import Pages
from doorward.http.pages.routes import FORM, HOME, Asked, Token, Typed, own_path, page_router, see_other
from doorward.http.security import Security
from doorward.use_cases.change_password import PasswordChange
from doorward.use_cases.reset_password import PasswordReset
from doorward.use_cases.sign_in import Credentials


def router(config: HttpConfig) -> APIRouter:
    """Asking for a link, using it, and renewing a password that was too old to sign in with."""
    routes = page_router(config)
    _add_forgotten(routes, config)
    _add_expired(routes, config)
    return routes


def _add_forgotten(routes: APIRouter, config: HttpConfig) -> None:
    auth, pages = config.auth, Pages(config)

    @routes.get("/forgot-password")
    async def forgot_page(request: Request, done: Asked = "") -> Response:
        """Ask whose password it is."""
        return pages.show(request, "forgot", field=identifier_field(config), done=done)

    @routes.post("/forgot-password/form", openapi_extra=FORM, dependencies=[Depends(limited(config, "forgot"))])
    async def forgot_by_form(request: Request, identifier: Typed = "") -> Response:
        """Send a link, if there is such an account."""
        await retried(auth.forgot_password, identifier[:320], client_of(request, config.trusted_proxies))
        return see_other("/forgot-password?done=sent")

    @routes.get("/reset-password")
    async def reset_page(request: Request, token: Token = "") -> Response:
        """Ask for a new password; a link that is no longer good says so before one thinks of any."""
        try:
            await auth.reset_password.check(token)
        except AuthError as error:
            return pages.show(request, "reset", refused=error, token="")
        return pages.show(request, "reset", token=token)

    @routes.post("/reset-password/form", openapi_extra=FORM, dependencies=[Depends(limited(config, "reset"))])
    async def reset_by_form(request: Request, token: Typed = "", new_password: Typed = "") -> Response:
        """Set the new password."""
        client = client_of(request, config.trusted_proxies)
        reset = PasswordReset(token=token, new=Password.typed(new_password), client=client)
        try:
            await retried(auth.reset_password, reset)
        except AuthError as error:
            return pages.show(request, "reset", refused=error, token=token)
        return see_other("/sign-in?done=reset")


def _add_expired(routes: APIRouter, config: HttpConfig) -> None:
    auth, pages, security = config.auth, Pages(config), Security(config)

    @routes.post("/expired-password", openapi_extra=FORM, dependencies=[Depends(limited(config, "sign_in"))])
    async def renew_expired(request: Request) -> Response:
        """Replace it and sign in with the new one."""
        form = await typed_form(request)
        client, new = client_of(request, config.trusted_proxies), Password.typed(form.get("new_password", ""))
        try:
            owner = await auth.authenticate.password_owner(form.get("token", ""))
            old = Password.typed(form.get("current_password", ""))
            await retried(auth.change_password, PasswordChange(owner=owner, old=old, new=new, client=client))
        except AuthError as error:
            typed = {name: form.get(name, "") for name in ("identifier", "token")}
            return pages.show(request, "expired", refused=error, typed=typed, next=own_path(form.get("next", HOME)))
        name = owner.user.identifiers()[0].value
        credentials = Credentials(identifier=name, password=new, client=client)
        entered = see_other(own_path(form.get("next", HOME)))
        security.deliver(entered, await retried(auth.sign_in, credentials))
        return entered
