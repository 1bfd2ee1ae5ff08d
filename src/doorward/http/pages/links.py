"""The pages behind mailed links. Opening one spends nothing; only its form does."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from doorward.auth import retried
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.pages.forms import FORM, Token, Typed, answer, show
from doorward.http.routing import new_router
from doorward.use_cases.reset_password import PasswordReset
from doorward.use_cases.verify_email import AddressProof


def router(config: HttpConfig) -> APIRouter:
    """Pages for verifying, forgetting and resetting."""
    auth, routes = config.auth, new_router("Pages")
    routes.include_in_schema = False
    needs_code = auth.policies.verification.link_needs == "code"

    @routes.get("/verify")
    async def verify_page(token: Token = "") -> HTMLResponse:
        """Ask for what the link needs besides itself."""
        return show("verify", config, token=token, needs_code=needs_code)

    @routes.post("/verify/form", openapi_extra=FORM, dependencies=[Depends(limited(config, "verify"))])
    async def verify_by_form(request: Request, token: Typed = "", proof: Typed = "") -> HTMLResponse:
        """Verify by link."""
        shown = AddressProof(
            token=token or "-",
            code=proof if needs_code else None,
            password=None if needs_code else Password.typed(proof),
            client=client_of(request, config.trusted_proxies),
        )
        return await answer(request, "verify", config, lambda: retried(auth.verify_email, shown), token=token)

    @routes.get("/reset-password")
    async def reset_page(token: Token = "") -> HTMLResponse:
        """Ask for a new password."""
        return show("reset", config, token=token)

    @routes.post("/reset-password/form", openapi_extra=FORM, dependencies=[Depends(limited(config, "reset"))])
    async def reset_by_form(request: Request, token: Typed = "", new_password: Typed = "") -> HTMLResponse:
        """Set the new password."""
        reset = PasswordReset(
            token=token, new=Password.typed(new_password), client=client_of(request, config.trusted_proxies)
        )
        return await answer(request, "reset", config, lambda: retried(auth.reset_password, reset), token=token)

    @routes.get("/forgot-password")
    async def forgot_page() -> HTMLResponse:
        """Ask whose password it is."""
        return show("forgot", config)

    @routes.post("/forgot-password/form", openapi_extra=FORM, dependencies=[Depends(limited(config, "forgot"))])
    async def forgot_by_form(request: Request, identifier: Typed = "") -> HTMLResponse:
        """Send a link, if there is such an account."""
        client = client_of(request, config.trusted_proxies)
        return await answer(request, "forgot", config, lambda: retried(auth.forgot_password, identifier[:320], client))

    return routes
