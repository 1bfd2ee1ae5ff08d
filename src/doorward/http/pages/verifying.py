"""Proving an address: the code, the link, and a new one."""

from fastapi import APIRouter, Depends, Request, Response

from doorward.auth import retried
from doorward.domain.errors import AuthError, TooManyRequests
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.pages.codes import digits_of
from doorward.http.pages.rendering import Pages
from doorward.http.pages.routes import FORM, Asked, Token, Typed, page_router, see_other
from doorward.use_cases.verify_email import AddressProof

WAITING_COOKIE = "doorward_verification"
WAITING_SECONDS = 24 * 3600


def waiting_for_code(config: HttpConfig, handle: str, *, done: str = "") -> Response:
    """On to the page for the code; the handle of what waits travels in a cookie."""
    on = see_other("/verify" + (f"?done={done}" if done else ""))
    on.set_cookie(
        WAITING_COOKIE,
        handle,
        max_age=WAITING_SECONDS,
        path="/verify",
        secure=config.is_secure,
        httponly=True,
        samesite="lax",
    )
    return on


def router(config: HttpConfig) -> APIRouter:
    """The code's page is the link's page too."""
    auth, pages, routes = config.auth, Pages(config), page_router(config)
    needs_code = auth.policies.verification.link_needs == "code"

    async def show(request: Request, *, token: str, done: str = "", refused: AuthError | None = None) -> Response:
        handle = "" if token else request.cookies.get(WAITING_COOKIE, "")
        waiting = await auth.see_verification(handle) if handle else None
        asks = "code" if waiting or (token and needs_code) else "password" if token else ""
        return pages.show(
            request,
            "verify",
            refused=refused,
            token=token,
            waiting=waiting,
            asks=asks,
            done=done,
            inbox=config.inbox is not None,
        )

    @routes.get("/verify")
    async def verify_page(request: Request, token: Token = "", done: Asked = "") -> Response:
        """Ask for the code; or for what the link needs besides itself."""
        return await show(request, token=token, done=done)

    @routes.post("/verify/form", openapi_extra=FORM, dependencies=[Depends(limited(config, "verify"))])
    async def verify_by_form(request: Request, token: Typed = "", code: Typed = "", password: Typed = "") -> Response:
        """Verify by code, or by link."""
        is_code = not token or needs_code
        shown = AddressProof(
            verification=None if token else request.cookies.get(WAITING_COOKIE),
            token=token or None,
            code=digits_of(code, auth.policies.verification.code_length) if is_code else None,
            password=None if is_code else Password.typed(password),
            client=client_of(request, config.trusted_proxies),
        )
        try:
            await retried(auth.verify_email, shown)
        except AuthError as error:
            return await show(request, token=token, refused=error)
        verified = see_other("/sign-in?done=verified")
        verified.delete_cookie(WAITING_COOKIE, path="/verify")
        return verified

    @routes.post("/verify/resend", openapi_extra=FORM, dependencies=[Depends(limited(config, "resend"))])
    async def resend(request: Request) -> Response:
        """Send a new code; the one before is no longer good."""
        try:
            await retried(auth.resend_code.to_waiting, request.cookies.get(WAITING_COOKIE, ""))
        except TooManyRequests as error:
            return await show(request, token="", refused=error)
        return see_other("/verify?done=resent")

    return routes
