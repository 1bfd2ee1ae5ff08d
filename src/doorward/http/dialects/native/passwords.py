"""Changing, forgetting and resetting passwords."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from doorward.auth import Policies, retried
from doorward.domain.actor import PasswordOwner
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.routing import COMMON, PROVING, SIGNED_IN, example, new_router, refusals
from doorward.http.schemas import Body, Message, Secret, Typed
from doorward.http.security import Security
from doorward.use_cases.change_password import PasswordChange
from doorward.use_cases.reset_password import PasswordReset


class ChangeBody(Body):
    """The present password and the next."""

    current_password: Secret
    new_password: Secret


class ForgotBody(Body):
    """Whose password is forgotten."""

    identifier: Typed = Field(examples=["ada@example.com"])


class ResetBody(Body):
    """The token from the link and the new password."""

    token: Annotated[str, Field(min_length=1, max_length=4096)]
    new_password: Secret


class Policy(BaseModel):
    """The rules, so that a form can say them before it is sent."""

    password: dict[str, Any]
    verification: dict[str, Any]
    registration: dict[str, Any]


def router(config: HttpConfig) -> APIRouter:
    """Routes about passwords, and the rules."""
    auth, security, routes = config.auth, Security(config), new_router("Passwords", prefix="/v1")

    @routes.put(
        "/me/password", response_model=Message, responses=refusals(*SIGNED_IN, *COMMON, *PROVING, "wrong_password")
    )
    async def change_password(
        body: ChangeBody, request: Request, owner: Annotated[PasswordOwner, Depends(security.password_owner())]
    ) -> Message:
        """Change the password; all other sessions end."""
        change = PasswordChange(
            owner=owner,
            old=Password.typed(body.current_password),
            new=Password.typed(body.new_password),
            client=client_of(request, config.trusted_proxies),
        )
        await retried(auth.change_password, change)
        return Message(message="The password is changed; you are signed out on all other devices.")

    @routes.post(
        "/password/forgot",
        status_code=202,
        response_model=Message,
        dependencies=[Depends(limited(config, "forgot"))],
        responses=refusals(*COMMON, "too_many_requests"),
    )
    async def forgot_password(body: ForgotBody, request: Request) -> Message:
        """Ask for a reset link; the answer never tells whether there is such an account."""
        await retried(auth.forgot_password, body.identifier, client_of(request, config.trusted_proxies))
        return Message(message="If there is such an account, a link is on its way to its address.")

    @routes.post(
        "/password/reset",
        response_model=Message,
        dependencies=[Depends(limited(config, "reset"))],
        responses=refusals(*COMMON, "link_invalid", "link_expired", "too_many_requests", "busy"),
    )
    async def reset_password(body: ResetBody, request: Request) -> Message:
        """Set a new password with a mailed link; all sessions end, and a lock is lifted."""
        client = client_of(request, config.trusted_proxies)
        reset = PasswordReset(token=body.token, new=Password.typed(body.new_password), client=client)
        await retried(auth.reset_password, reset)
        return Message(message="The new password is set. Sign in with it.")

    policy = _policy(auth.policies)

    @routes.get("/policy", response_model=Policy, responses=example(policy.model_dump()))
    async def get_policy() -> Policy:
        """The active rules for passwords and verification."""
        return policy

    return routes


def _policy(policies: Policies) -> Policy:
    password, verification = policies.password, policies.verification
    return Policy(
        password={
            "min_length": password.min_length,
            "max_length": password.max_length,
            "require": list(password.require),
            "block_common": password.block_common,
            "history": password.history,
            "max_age": password.max_age.total_seconds() if password.max_age else 0,
        },
        verification={
            "mode": verification.mode,
            "code_length": verification.code_length,
            "code_ttl": verification.code_ttl.total_seconds(),
            "resend_cooldown": verification.resend_cooldown.total_seconds() if verification.resend_cooldown else 0,
            "link": verification.link,
        },
        registration={"required_fields": list(policies.registration.required_fields)},
    )
