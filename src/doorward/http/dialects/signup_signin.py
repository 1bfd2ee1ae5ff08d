"""`signup-signin`: sign-up, sign-in, password change and audit in four plain routes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from doorward.auth import retried
from doorward.domain.actor import Actor, PasswordOwner
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.listing import AuditFilter, audit_page
from doorward.http.routing import COMMON, PROVING, SIGNED_IN, new_router, refusals
from doorward.http.schemas import AuditPage, Body, Message, Name, Secret, Typed, UserView, welcome
from doorward.http.security import Security
from doorward.http.sign_ups import names, new_sign_up
from doorward.use_cases.change_password import PasswordChange
from doorward.use_cases.sign_in import Credentials


class PersonAndPassword(Body):
    """All four are needed; a blank one is named in the refusal."""

    first_name: Name = Field(examples=["Ada"])
    last_name: Name = Field(examples=["Lovelace"])
    email: Typed = Field(examples=["ada@example.com"])
    password: Secret = Field(examples=["Correct-Horse-7"])


class EmailAndPassword(Body):
    """E-mail and password."""

    email: Typed = Field(examples=["ada@example.com"])
    password: Secret = Field(examples=["Correct-Horse-7"])


class OldAndNewPassword(Body):
    """The old password and the new one."""

    old_password: Secret
    new_password: Secret


class SignedUp(BaseModel):
    """A new user."""

    message: str
    user: UserView


class SignedIn(BaseModel):
    """A session."""

    message: str
    access_token: str
    token_type: str
    expires_in: int
    user: UserView


def router(config: HttpConfig) -> APIRouter:
    """The routes of this dialect."""
    auth, security, routes = config.auth, Security(config), new_router("Sign-up and sign-in")
    verification = auth.policies.verification

    @routes.post(
        "/signup",
        status_code=201,
        response_model=SignedUp,
        dependencies=[Depends(limited(config, "register"))],
        responses=refusals(*COMMON, "identifier_taken", "too_many_requests", "busy"),
    )
    async def signup(body: PersonAndPassword, request: Request) -> SignedUp:
        """Register a new user."""
        sign_up = new_sign_up(request, config, body.password, names(body.first_name, body.last_name), email=body.email)
        user = await retried(auth.register, sign_up)
        return SignedUp(message=f"Welcome, {user.profile.first_name}!", user=UserView.of(user, verification))

    @routes.post(
        "/signin",
        response_model=SignedIn,
        dependencies=[Depends(limited(config, "sign_in"))],
        responses=refusals(*COMMON, *PROVING, "account_disabled", "account_closing"),
    )
    async def signin(body: EmailAndPassword, request: Request) -> SignedIn:
        """Authenticate a user."""
        client = client_of(request, config.trusted_proxies)
        password = Password.typed(body.password)
        done = await retried(auth.sign_in, Credentials(identifier=body.email, password=password, client=client))
        return SignedIn(
            message=welcome(done.user),
            access_token=done.access.token,
            token_type="Bearer",
            expires_in=done.access.expires_in,
            user=UserView.of(done.user, verification),
        )

    @routes.post(
        "/change-password", response_model=Message, responses=refusals(*SIGNED_IN, *COMMON, *PROVING, "wrong_password")
    )
    async def change_own_password(
        body: OldAndNewPassword, request: Request, owner: Annotated[PasswordOwner, Depends(security.password_owner())]
    ) -> Message:
        """Change one's own password."""
        await retried(
            auth.change_password,
            PasswordChange(
                owner=owner,
                old=Password.typed(body.old_password),
                new=Password.typed(body.new_password),
                client=client_of(request, config.trusted_proxies),
            ),
        )
        return Message(message="The password is changed.")

    @routes.get("/audit", response_model=AuditPage, responses=refusals(*SIGNED_IN, "validation_failed"))
    async def audit(
        asked: Annotated[AuditFilter, Query()], actor: Annotated[Actor, Depends(security.actor())]
    ) -> AuditPage:
        """Retrieve audit data: one's own, or all for administrators."""
        return audit_page(await auth.read_audit_log.visible(asked.query(), actor))

    return routes
