"""The pages behind mailed links. Opening one spends nothing; only its form does."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse

from doorward.auth import retried
from doorward.domain.errors import AuthError, InvalidInput
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.errors import refusal, violation
from doorward.http.limits import limited
from doorward.http.pages import page
from doorward.http.problems import PROBLEMS
from doorward.http.routing import new_router
from doorward.use_cases.reset_password import PasswordReset
from doorward.use_cases.verify_email import AddressProof

FORM = {"x-form": True}
Typed = Annotated[str, Form(max_length=4096)]
Token = Annotated[str, Query(max_length=4096)]


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


def show(
    name: str,
    config: HttpConfig,
    *,
    token: str = "",
    error: str = "",
    done: str = "",
    status: int = 200,
    needs_code: bool = False,
) -> HTMLResponse:
    """Render one of the three forms."""
    words = {**_FORMS[name], **(_WITH_CODE if needs_code else {})}
    return page("form", status=status, service_name=config.service_name, token=token, error=error, done=done, **words)


async def answer(
    request: Request, name: str, config: HttpConfig, call: Callable[[], Awaitable[Any]], *, token: str = ""
) -> HTMLResponse:
    """Do what the form asks and say how it went; a refusal keeps the form."""
    try:
        await call()
    except AuthError as error:
        rules = [violation(v)["detail"] for v in error.violations] if isinstance(error, InvalidInput) else []
        words = " ".join(rules) or PROBLEMS[error.code].title + ". " + PROBLEMS[error.code].detail
        needs_code = name == "verify" and config.auth.policies.verification.link_needs == "code"
        refused = refusal(request, error)
        shown = show(name, config, token=token, error=words, status=refused.status_code, needs_code=needs_code)
        if "retry-after" in refused.headers:
            shown.headers["Retry-After"] = refused.headers["retry-after"]
        return shown
    return show(name, config, done=_FORMS[name]["success"])


_PASSWORD = {
    "name": "proof",
    "label": "Password",
    "type": "password",
    "autocomplete": "current-password",
    "inputmode": "",
}
_CODE = {
    "name": "proof",
    "label": "Code from the mail",
    "type": "text",
    "autocomplete": "one-time-code",
    "inputmode": "numeric",
}
_WITH_CODE = {"intro": "Enter the code that came in the same mail as the link.", "fields": [_CODE]}
_FORMS: dict[str, dict[str, Any]] = {
    "verify": {
        "title": "Verify your address",
        "intro": "To show that the sign-up was yours, enter what you signed up with.",
        "action": "/verify/form",
        "button": "Verify",
        "success": "Your address is verified. You can sign in now.",
        "fields": [_PASSWORD],
    },
    "reset": {
        "title": "Set a new password",
        "intro": "Choose a new password. You will be signed out everywhere.",
        "action": "/reset-password/form",
        "button": "Set password",
        "success": "The new password is set. You can sign in with it now.",
        "fields": [{**_PASSWORD, "name": "new_password", "label": "New password", "autocomplete": "new-password"}],
    },
    "forgot": {
        "title": "Forgot the password",
        "intro": "Enter the e-mail address of your account, and a link will be sent to it.",
        "action": "/forgot-password/form",
        "button": "Send link",
        "success": "If there is such an account, a link is on its way.",
        "fields": [
            {
                **_PASSWORD,
                "name": "identifier",
                "label": "E-mail",
                "type": "email",
                "autocomplete": "username",
                "inputmode": "email",
            }
        ],
    },
}
