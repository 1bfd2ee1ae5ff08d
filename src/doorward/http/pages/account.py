"""One's own account: the profile, and what one is found by."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from doorward.auth import retried
from doorward.domain.actor import Current
from doorward.domain.errors import AuthError
from doorward.domain.identifiers import Kind
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.pages.codes import digits_of
from doorward.http.pages.forms import profile_changes, typed_form
from doorward.http.pages.rendering import Pages
from doorward.http.pages.routes import FORM, HOME, Asked, Typed, page_router, see_other
from doorward.http.security import Security
from doorward.use_cases.change_identifier import IdentifierChange


def router(config: HttpConfig) -> APIRouter:
    """The first page of the account."""
    routes = page_router(config)
    _add_profile(routes, config)
    _add_contact(routes, config)
    return routes


def _add_profile(routes: APIRouter, config: HttpConfig) -> None:
    auth, pages = config.auth, Pages(config)
    Visitor = Annotated[Current, Depends(Security(config).current_by_cookie())]  # noqa: N806 - a type

    @routes.get(HOME)
    async def account_page(request: Request, found: Visitor, done: Asked = "") -> Response:
        """Show the account."""
        return pages.show(request, "account", found=found, done=done)

    @routes.post("/account/profile", openapi_extra=FORM)
    async def save_profile(request: Request, found: Visitor) -> Response:
        """Save the profile."""
        form = await typed_form(request)
        try:
            changes = profile_changes(form)
            await retried(auth.update_profile, found.user.id, changes, client_of(request, config.trusted_proxies))
        except AuthError as error:
            return pages.show(request, "account", refused=error, found=found, done="", typed=form)
        return see_other(f"{HOME}?done=profile")


def _add_contact(routes: APIRouter, config: HttpConfig) -> None:
    auth, pages = config.auth, Pages(config)
    Visitor = Annotated[Current, Depends(Security(config).current_by_cookie())]  # noqa: N806 - a type

    def show(request: Request, found: Current, kind: Kind, **values: Any) -> Response:
        return pages.show(request, "contact", found=found, kind=kind.value, **values)

    @routes.get("/account/contact/{kind}")
    async def contact_page(request: Request, kind: Kind, found: Visitor, done: Asked = "") -> Response:
        """Ask for a new address or number, or for the code that was sent there."""
        return show(request, found, kind, done=done)

    @routes.post("/account/contact/{kind}", openapi_extra=FORM, dependencies=[Depends(limited(config, "verify"))])
    async def request_change(request: Request, kind: Kind, found: Visitor) -> Response:
        """Send a code to the new one."""
        form = await typed_form(request)
        wanted, password = form.get(kind.value, ""), Password.typed(form.get("current_password", ""))
        client = client_of(request, config.trusted_proxies)
        change = IdentifierChange(current=found, kind=kind, wanted=wanted[:320], password=password, client=client)
        try:
            await retried(auth.change_identifier.request, change)
        except AuthError as error:
            return show(request, found, kind, refused=error, typed={kind.value: wanted}, done="")
        return see_other(f"/account/contact/{kind}?done=sent")

    @routes.post("/account/contact/{kind}/code", openapi_extra=FORM, dependencies=[Depends(limited(config, "verify"))])
    async def confirm_change(request: Request, kind: Kind, found: Visitor, code: Typed = "") -> Response:
        """Take the new one."""
        digits = digits_of(code, auth.policies.verification.code_length)
        client = client_of(request, config.trusted_proxies)
        try:
            await retried(auth.change_identifier.confirm, found, kind, digits, client)
        except AuthError as error:
            return show(request, found, kind, refused=error, done="sent")
        return see_other(f"{HOME}?done={kind}")
