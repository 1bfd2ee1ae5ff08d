"""Signing in and out."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from doorward.auth import retried
from doorward.domain.actor import Current
from doorward.domain.errors import AuthError, EmailNotVerified, PasswordExpired
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.pages.console.shell import CONSOLE
from doorward.http.pages.forms import identifier_field
from doorward.http.pages.rendering import Pages
from doorward.http.pages.routes import FORM, HOME, Asked, Token, Typed, own_path, page_router, see_other
from doorward.http.pages.verifying import waiting_for_code
from doorward.http.security import Security
from doorward.use_cases.sign_in import Credentials


def router(config: HttpConfig) -> APIRouter:
    """The form, the way out, and the operator's link."""
    routes = page_router(config)
    _add_form(routes, config)
    _add_link(routes, config)
    return routes


def _add_form(routes: APIRouter, config: HttpConfig) -> None:
    auth, pages, security = config.auth, Pages(config), Security(config)
    Visitor = Annotated[Current, Depends(Security(config).current_by_cookie())]  # noqa: N806 - a type

    Anybody = Annotated[Current | None, Depends(Security(config).current_if_any())]  # noqa: N806 - a type

    def show(request: Request, wanted: str, **values: Any) -> Response:
        shown = {"done": "", "found": None, **values}
        return pages.show(request, "sign_in", field=identifier_field(config), next=wanted, **shown)

    @routes.get("/sign-in")
    async def sign_in_page(
        request: Request,
        found: Anybody,
        next: Asked = HOME,  # noqa: A002 - its usual name
        done: Asked = "",
    ) -> Response:
        """Ask who it is; whoever is signed in already is told so."""
        return show(
            request, own_path(next), done=done, found=found, typed={"identifier": security.name_cookie(request)}
        )

    @routes.post("/sign-in", openapi_extra=FORM, dependencies=[Depends(limited(config, "sign_in"))])
    async def sign_in(request: Request, identifier: Typed = "", password: Typed = "", next: Typed = HOME) -> Response:  # noqa: A002
        """Sign in and go where one was going."""
        wanted, typed = own_path(next), {"identifier": identifier[:320]}
        client = client_of(request, config.trusted_proxies)
        credentials = Credentials(identifier=identifier[:320], password=Password.typed(password), client=client)
        try:
            signed_in = await retried(auth.sign_in, credentials)
        except EmailNotVerified as waiting:
            return waiting_for_code(config, waiting.verification, done="unverified")
        except PasswordExpired as expired:
            return pages.show(request, "expired", typed={**typed, "token": expired.change_token}, next=wanted)
        except AuthError as error:
            return show(request, wanted, refused=error, typed=typed)
        entered = see_other(wanted)
        security.deliver(entered, signed_in)
        security.cookies.stop_looking(request, entered)
        security.cookies.set_name(entered, "")
        return entered

    @routes.post("/sign-out", openapi_extra=FORM)
    async def sign_out(request: Request, found: Visitor) -> Response:
        """End this session."""
        await retried(auth.sign_out, found, found.session_id, client_of(request, config.trusted_proxies))
        left = see_other("/sign-in?done=signed-out")
        security.cookies.clear(left)
        return left


def _add_link(routes: APIRouter, config: HttpConfig) -> None:
    auth, pages, security = config.auth, Pages(config), Security(config)

    @routes.get("/sign-in-link")
    async def sign_in_link_page(request: Request, token: Token = "") -> Response:
        """Ask before the link is spent: mail scanners open links too."""
        try:
            await auth.sign_in_link.check(token)
        except AuthError as error:
            return pages.show(request, "sign_in_link", refused=error, token="")
        return pages.show(request, "sign_in_link", token=token)

    @routes.post("/sign-in-link", openapi_extra=FORM, dependencies=[Depends(limited(config, "sign_in"))])
    async def sign_in_by_link(request: Request, token: Typed = "") -> Response:
        """Sign an administrator in by the link that the operator made."""
        try:
            signed_in = await retried(auth.sign_in_link, token, client_of(request, config.trusted_proxies))
        except AuthError as error:
            return pages.show(request, "sign_in_link", refused=error, token="")
        entered = see_other(CONSOLE)
        security.deliver(entered, signed_in)
        security.cookies.stop_looking(request, entered)
        return entered
