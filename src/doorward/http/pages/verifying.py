"""Proving an address: the code, the link, and a new one."""

import math
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from doorward.auth import retried
from doorward.domain.errors import AuthError, InvalidCredentials, LinkInvalid, TooManyRequests, WrongPassword
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.pages.codes import digits_of
from doorward.http.pages.rendering import Pages
from doorward.http.pages.routes import FORM, Asked, Token, Typed, page_router, see_other
from doorward.http.security import Security
from doorward.use_cases.correct_address import AddressCorrection
from doorward.use_cases.see_verification import Awaited
from doorward.use_cases.verify_email import AddressProof


def waiting_for_code(config: HttpConfig, handle: str, *, done: str = "") -> Response:
    """On to the page for the code; the handle of what waits travels in a cookie."""
    on = see_other("/verify" + (f"?done={done}" if done else ""))
    Security(config).cookies.set_waiting(on, handle)
    return on


def router(config: HttpConfig) -> APIRouter:
    """The code's page is the link's page too."""
    routes = page_router(config)
    _add_looks(routes, config)
    _add_forms(routes, config)
    return routes


async def _show(request: Request, config: HttpConfig, *, token: str = "", **values: Any) -> Response:
    auth, security = config.auth, Security(config)
    waiting = await auth.see_verification(security.waiting_cookie(request))
    if token and auth.policies.verification.link_needs == "origin":
        # The browser that began the sign-up need not show its password again.
        asks = "password" if values.get("refused") or not waiting else "nothing"
    else:
        asks = "code" if token or waiting else ""
    wait = _wait(config, waiting)
    shown = {"done": "", "corrects": False, **values}
    return Pages(config).show(request, "verify", token=token, waiting=waiting, asks=asks, wait=wait, **shown)


def _wait(config: HttpConfig, waiting: Awaited | None) -> int:
    """Seconds until a new code may be asked for."""
    cooldown = config.auth.policies.verification.resend_cooldown
    if not (cooldown and waiting and waiting.asked_at):
        return 0
    return max(0, math.ceil((waiting.asked_at + cooldown - config.auth.parts.now()).total_seconds()))


def _add_looks(routes: APIRouter, config: HttpConfig) -> None:
    auth, security = config.auth, Security(config)

    @routes.get("/verify")
    async def verify_page(request: Request, token: Token = "", done: Asked = "") -> Response:
        """Ask for the code; or for what the link needs besides itself, unless it was never made here."""
        if token and not auth.verify_email.codes.is_link(token):
            return await _show(request, config, refused=LinkInvalid())
        return await _show(request, config, token=token, done=done)

    @routes.get("/verify/state")
    async def verification_state(request: Request) -> dict[str, str | None]:
        """When the code is no longer good, for the countdown; null before the letter has left."""
        waiting = await auth.see_verification(security.waiting_cookie(request))
        expires_at = waiting.code_expires_at if waiting else None
        return {"code_expires_at": expires_at.isoformat() if expires_at else None}


def _add_forms(routes: APIRouter, config: HttpConfig) -> None:
    auth, policy, security = config.auth, config.auth.policies.verification, Security(config)

    @routes.post("/verify/form", openapi_extra=FORM, dependencies=[Depends(limited(config, "verify"))])
    async def verify_by_form(request: Request, token: Typed = "", code: Typed = "", password: Typed = "") -> Response:
        """Verify by code, or by link."""
        is_code = not token or policy.link_needs == "code"
        is_by_browser = not password and not (token and is_code)
        proof = AddressProof(
            verification=security.waiting_cookie(request) or None if is_by_browser else None,
            token=token or None,
            code=digits_of(code, policy.code_length) if is_code else None,
            password=Password.typed(password) if password and not is_code else None,
            client=client_of(request, config.trusted_proxies),
        )
        try:
            user = await retried(auth.verify_email, proof)
        except AuthError as error:
            return await _show(request, config, token=token, refused=error)
        verified = see_other("/sign-in?done=verified")
        security.cookies.set_waiting(verified, "")
        security.cookies.set_name(verified, user.email or "")
        return verified

    @routes.post("/verify/resend", openapi_extra=FORM, dependencies=[Depends(limited(config, "resend"))])
    async def resend(request: Request) -> Response:
        """Send a new code; the one before is no longer good."""
        try:
            client = client_of(request, config.trusted_proxies)
            await retried(auth.resend_code.to_waiting, security.waiting_cookie(request), client)
        except TooManyRequests as error:
            return await _show(request, config, refused=error)
        return see_other("/verify?done=resent")

    @routes.post("/verify/address", openapi_extra=FORM, dependencies=[Depends(limited(config, "register"))])
    async def correct_address(request: Request, email: Typed = "", password: Typed = "") -> Response:
        """Put another address in the place of the mistyped one."""
        client = client_of(request, config.trusted_proxies)
        correction = AddressCorrection(email=email, password=Password.typed(password), client=client)
        try:
            waiting = security.waiting_cookie(request)
            handle = await retried(auth.correct_address.of_waiting, waiting, correction)
        except AuthError as error:
            refused = WrongPassword() if isinstance(error, InvalidCredentials) else error
            return await _show(request, config, refused=refused, typed={"email": email[:320]}, corrects=True)
        return waiting_for_code(config, handle, done="corrected")
