"""`email-or-phone`: one user name that is an address or a number, passwords that expire, reset by mail or SMS."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from doorward.auth import Auth, retried
from doorward.domain.actor import Current, PasswordOwner
from doorward.domain.errors import InvalidInput, Violation
from doorward.domain.identifiers import is_address
from doorward.domain.password import Password
from doorward.domain.registration import SignUp
from doorward.domain.user import User
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.routing import COMMON, FORM_TOO, PROVING, SIGNED_IN, new_router, refusals
from doorward.http.schemas import Body, Day, Message, ProfileBody, Secret, Token, Typed, UserView, welcome
from doorward.http.security import Security
from doorward.http.sign_ups import new_sign_up
from doorward.use_cases.change_password import PasswordChange
from doorward.use_cases.reset_password import PasswordReset
from doorward.use_cases.sign_in import Credentials

WARN_BEFORE = timedelta(days=7)


class NewAccount(ProfileBody):
    """A sign-up. `active` and `date_of_joining` may be sent; only what an administrator says about them counts."""

    username: Typed = Field(examples=["ada@example.com", "+49 151 23456789"])
    password: Secret = Field(examples=["Correct-Horse-7"])
    date_of_joining: Day | None = None
    active: bool | None = None


class UsernameAndPassword(Body):
    """User name and password."""

    username: Typed = Field(examples=["ada@example.com"])
    password: Secret = Field(examples=["Correct-Horse-7"])


class OldAndNewPassword(Body):
    """The old password and the new one."""

    old_password: Secret
    new_password: Secret


class ForgottenBy(Body):
    """Whose password is forgotten."""

    username: Typed = Field(examples=["ada@example.com"])


class TokenAndPassword(Body):
    """The token from the link, and the new password."""

    token: Token
    new_password: Secret


class Opened(BaseModel):
    """A session, and how long it took to open."""

    model_config = ConfigDict(validate_by_name=True)

    message: str
    access_token: str
    token_type: str = "Bearer"
    expires_in: int
    execution_time: str = Field(
        validation_alias="Execution Time", serialization_alias="Execution Time", examples=["30 ms"]
    )


def router(config: HttpConfig) -> APIRouter:
    """The routes of this dialect."""
    routes = new_router("E-mail or phone")
    _add_account_routes(routes, config)
    _add_password_routes(routes, config)
    return routes


def _add_account_routes(routes: APIRouter, config: HttpConfig) -> None:
    auth, security = config.auth, Security(config)

    @routes.post(
        "/register",
        status_code=201,
        response_model=UserView,
        dependencies=[Depends(limited(config, "register"))],
        responses=refusals(*COMMON, "identifier_taken", "registration_closed", "too_many_requests", "busy"),
    )
    async def register(body: NewAccount, request: Request) -> UserView:
        """Register with an address or a number."""
        with _named_username():
            user = await retried(auth.register, _sign_up(body, request, config))
        return UserView.of(user, auth.policies.verification)

    @routes.post(
        "/login",
        response_model=Opened,
        openapi_extra=FORM_TOO,
        dependencies=[Depends(limited(config, "sign_in"))],
        responses=refusals(*COMMON, *PROVING, "account_disabled", "account_closing", "password_expired"),
    )
    async def login(body: UsernameAndPassword, request: Request) -> Opened:
        """Sign in; an expired password earns a token that is good for changing it only."""
        start = time.perf_counter()
        client = client_of(request, config.trusted_proxies)
        typed = Password.typed(body.password)
        done = await retried(auth.sign_in, Credentials(identifier=body.username, password=typed, client=client))
        return Opened(
            message=f"{welcome(done.user)}{_warning(auth, done.user)}",
            access_token=done.access.token,
            expires_in=done.access.expires_in,
            execution_time=f"{(time.perf_counter() - start) * 1000:.0f} ms",
        )

    @routes.post("/logout", response_model=Message, responses=refusals(*SIGNED_IN))
    async def logout(request: Request, found: Annotated[Current, Depends(security.current())]) -> Message:
        """Sign out: the token is dead when this is answered."""
        await retried(auth.sign_out, found, found.session_id, client_of(request, config.trusted_proxies))
        return Message(message="Signed out.")


def _add_password_routes(routes: APIRouter, config: HttpConfig) -> None:
    auth, security = config.auth, Security(config)

    @routes.post(
        "/change-password", response_model=Message, responses=refusals(*SIGNED_IN, *COMMON, *PROVING, "wrong_password")
    )
    async def change_own_password(
        body: OldAndNewPassword, request: Request, owner: Annotated[PasswordOwner, Depends(security.password_owner())]
    ) -> Message:
        """Change one's own password, signed in or with the token of an expired one."""
        change = PasswordChange(
            owner=owner,
            old=Password.typed(body.old_password),
            new=Password.typed(body.new_password),
            client=client_of(request, config.trusted_proxies),
        )
        await retried(auth.change_password, change)
        return Message(message="The password is changed." + (" Sign in with it." if owner.challenge_id else ""))

    @routes.post(
        "/forgot-password",
        status_code=202,
        response_model=Message,
        dependencies=[Depends(limited(config, "forgot"))],
        responses=refusals(*COMMON, "too_many_requests"),
    )
    async def request_reset(body: ForgottenBy, request: Request) -> Message:
        """Ask for a reset link; the answer never tells whether there is such an account."""
        await retried(auth.forgot_password, body.username, client_of(request, config.trusted_proxies))
        return Message(message="If there is such an account, a link is on its way to it.")

    @routes.post(
        "/reset-password",
        response_model=Message,
        dependencies=[Depends(limited(config, "reset"))],
        responses=refusals(*COMMON, "link_invalid", "link_expired", "too_many_requests", "busy"),
    )
    async def set_forgotten_password(body: TokenAndPassword, request: Request) -> Message:
        """Set a new password with the token of the link; all sessions and links end."""
        client = client_of(request, config.trusted_proxies)
        reset = PasswordReset(token=body.token, new=Password.typed(body.new_password), client=client)
        await retried(auth.reset_password, reset)
        return Message(message="The password is set. Sign in with it.")


def _sign_up(body: NewAccount, request: Request, config: HttpConfig) -> SignUp:
    named = body.username.strip()
    identifier = {"email" if is_address(named) else "phone": named}
    return new_sign_up(request, config, body.password, body.profile(), **identifier)


@contextmanager
def _named_username() -> Iterator[None]:
    """Speak of `username` where the engine speaks of address and number."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(*(_as_username(violation) for violation in error.violations)) from None


def _as_username(violation: Violation) -> Violation:
    if violation.pointer not in ("/email", "/phone"):
        return violation
    code = "invalid_email_or_phone" if violation.code.startswith("invalid_") else violation.code
    return Violation("/username", code, violation.params)


def _warning(auth: Auth, user: User) -> str:
    expires_at = auth.policies.password.expires_at(user.password_changed_at)
    left = expires_at - datetime.now(UTC) if expires_at else WARN_BEFORE * 2
    if left > WARN_BEFORE:
        return ""
    days = f"{left.days} day{'s' if left.days > 1 else ''}" if left.days > 0 else "less than a day"
    return f" Your password expires in {days}; change it before."
