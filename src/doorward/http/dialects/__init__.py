"""Five manners of speaking, and the native one that is always there. A dialect translates; it holds no rule."""

from collections.abc import Callable

from fastapi import APIRouter

from doorward.http.config import HttpConfig
from doorward.http.dialects import (
    code_activation,
    email_or_phone,
    link_activation,
    native,
    oauth2_password,
    signup_signin,
)

Dialect = Callable[[HttpConfig], APIRouter]

NATIVE: Dialect = native.router
DIALECTS: dict[str, Dialect] = {
    "signup-signin": signup_signin.router,
    "code-activation": code_activation.router,
    "link-activation": link_activation.router,
    "oauth2-password": oauth2_password.router,
    "email-or-phone": email_or_phone.router,
}
