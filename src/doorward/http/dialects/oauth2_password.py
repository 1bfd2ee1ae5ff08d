"""`oauth2-password`: registration, the password form, one's own profile."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from doorward.auth import retried
from doorward.domain.actor import Current
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.grants import FORM, FormPassword, Username, sign_in_by_form
from doorward.http.limits import limited
from doorward.http.routing import COMMON, PROVING, SIGNED_IN, new_router, refusals
from doorward.http.schemas import Body, Message, Name, Secret, Typed, UserView
from doorward.http.security import Security
from doorward.http.sign_ups import names, new_sign_up


class NewAccount(Body):
    """All four are needed."""

    first_name: Name = Field(examples=["Test"])
    last_name: Name = Field(examples=["User"])
    email: Typed = Field(examples=["test@example.com"])
    password: Secret = Field(examples=["testpass123"])


class Names(Body):
    """The names to change; an absent one stays."""

    first_name: Name | None = Field(None, examples=["Updated"])
    last_name: Name | None = Field(None, examples=["Name"])


class BearerToken(BaseModel):
    """RFC 6749 §5.1."""

    access_token: str
    token_type: str = "bearer"
    expires_in: int


def router(config: HttpConfig) -> APIRouter:
    """The routes of this dialect."""
    auth, security, routes = config.auth, Security(config), new_router("OAuth 2.0 password")
    verification = auth.policies.verification
    Me = Annotated[Current, Depends(security.current())]  # noqa: N806 - a type

    @routes.post(
        "/register",
        status_code=201,
        response_model=UserView,
        dependencies=[Depends(limited(config, "register"))],
        responses=refusals(*COMMON, "identifier_taken", "too_many_requests", "busy"),
    )
    async def register(body: NewAccount, request: Request) -> UserView:
        """Register a new user."""
        sign_up = new_sign_up(request, config, body.password, names(body.first_name, body.last_name), email=body.email)
        return UserView.of(await retried(auth.register, sign_up), verification)

    @routes.post(
        "/login",
        response_model=BearerToken,
        openapi_extra=FORM,
        dependencies=[Depends(limited(config, "sign_in"))],
        responses=refusals(*COMMON, *PROVING, "account_disabled", "account_closing"),
    )
    async def login(request: Request, username: Username, password: FormPassword) -> BearerToken:
        """Exchange e-mail and password for a token."""
        done = await sign_in_by_form(config, request, username, password)
        return BearerToken(access_token=done.access.token, expires_in=done.access.expires_in)

    @routes.get("/me", response_model=UserView, responses=refusals(*SIGNED_IN))
    async def get_profile(found: Me) -> UserView:
        """One's own profile."""
        return UserView.of(found.user, verification)

    @routes.put("/me", response_model=UserView, responses=refusals(*SIGNED_IN, *COMMON))
    async def update_profile(body: Names, request: Request, found: Me) -> UserView:
        """Change one's names."""
        changes = {name: value.strip() for name, value in body if value is not None}
        client = client_of(request, config.trusted_proxies)
        return UserView.of(await retried(auth.update_profile, found.user.id, changes, client), verification)

    @routes.post("/logout", response_model=Message, responses=refusals(*SIGNED_IN))
    async def logout(request: Request, found: Me) -> Message:
        """Sign out: the token is dead when this is answered."""
        await retried(auth.sign_out, found, found.session_id, client_of(request, config.trusted_proxies))
        return Message(message="Signed out.")

    return routes
