"""Forms of one kind: some fields, a button, and what went wrong or right."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse

from doorward.domain.errors import AuthError, InvalidInput
from doorward.http.config import HttpConfig
from doorward.http.errors import refusal, violation
from doorward.http.pages import page
from doorward.http.problems import PROBLEMS

FORM = {"x-form": True}
Typed = Annotated[str, Form(max_length=4096)]
Token = Annotated[str, Query(max_length=4096)]


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
    """Render one of the forms."""
    words = {"referrer": "no-referrer", **_FORMS[name], **(_WITH_CODE if needs_code else {})}
    told = {"service_name": config.service_name, "token": token, "error": error, "done": done}
    shown = page("form", status=status, **told, **words)
    shown.headers["Referrer-Policy"] = words["referrer"]
    return shown


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
    "enter": {
        "title": "Sign in",
        "intro": "This link signs you in as an administrator. It works once.",
        "action": "/sign-in-link/form",
        "button": "Sign in",
        "success": "You are signed in on this device.",
        # With `no-referrer` a browser sends this form with `Origin: null`, which is no proof of coming from here.
        "referrer": "strict-origin",
        "fields": [],
    },
    "forgot": {
        "title": "Forgot the password",
        "intro": "Enter what you sign in with, and a link will be sent to you.",
        "action": "/forgot-password/form",
        "button": "Send link",
        "success": "If there is such an account, a link is on its way.",
        "fields": [
            {
                **_PASSWORD,
                "name": "identifier",
                "label": "E-mail or phone",
                "type": "text",
                "autocomplete": "username",
                "inputmode": "email",
            }
        ],
    },
}
