"""Changing one's own address or number."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from doorward.auth import retried
from doorward.domain.actor import Current
from doorward.domain.identifiers import Kind
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.routing import COMMON, PROVING, SIGNED_IN, new_router, refusals
from doorward.http.schemas import Body, Code, Secret, Typed, UserView
from doorward.http.security import Security
from doorward.use_cases.change_identifier import IdentifierChange

REQUESTING = (*COMMON, *PROVING, "wrong_password", "email_not_verified", "identifier_taken")
CONFIRMING = (*COMMON, "code_incorrect", "code_expired", "identifier_taken", "too_many_requests")


class EmailWish(Body):
    """The new address, and the password again."""

    email: Typed = Field(examples=["ada@example.org"])
    password: Secret


class PhoneWish(Body):
    """The new number, and the password again."""

    phone: Typed = Field(examples=["+49 151 23456789"])
    password: Secret


class CodeSent(Body):
    """The code that was sent to the new one."""

    code: Code


class Waiting(BaseModel):
    """Nothing has changed yet."""

    next: str = "verify"
    message: str


def router(config: HttpConfig) -> APIRouter:
    """Routes about what one is found by."""
    auth, security, routes = config.auth, Security(config), new_router("My account", prefix="/v1/me")
    verification = auth.policies.verification
    Mine = Annotated[Current, Depends(security.current())]  # noqa: N806 - a type
    is_limited = [Depends(limited(config, "verify"))]

    async def request_change(request: Request, found: Current, kind: Kind, wanted: str, password: str) -> Waiting:
        change = IdentifierChange(
            current=found,
            kind=kind,
            wanted=wanted,
            password=Password.typed(password),
            client=client_of(request, config.trusted_proxies),
        )
        await retried(auth.change_identifier.request, change)
        return Waiting(message="A code is on its way there; nothing changes before it is entered.")

    async def confirm_change(request: Request, found: Current, kind: Kind, code: str) -> UserView:
        client = client_of(request, config.trusted_proxies)
        return UserView.of(await retried(auth.change_identifier.confirm, found, kind, code, client), verification)

    @routes.put("/email", status_code=202, response_model=Waiting, responses=refusals(*SIGNED_IN, *REQUESTING))
    async def change_email(body: EmailWish, request: Request, found: Mine) -> Waiting:
        """Ask for a code at the new address."""
        return await request_change(request, found, Kind.EMAIL, body.email, body.password)

    @routes.post(
        "/email/verify",
        response_model=UserView,
        dependencies=is_limited,
        responses=refusals(*SIGNED_IN, *CONFIRMING),
    )
    async def verify_new_email(body: CodeSent, request: Request, found: Mine) -> UserView:
        """Take the new address; the old one is told, all other sessions end."""
        return await confirm_change(request, found, Kind.EMAIL, body.code)

    @routes.put("/phone", status_code=202, response_model=Waiting, responses=refusals(*SIGNED_IN, *REQUESTING))
    async def change_phone(body: PhoneWish, request: Request, found: Mine) -> Waiting:
        """Ask for a code at the new number."""
        return await request_change(request, found, Kind.PHONE, body.phone, body.password)

    @routes.post(
        "/phone/verify",
        response_model=UserView,
        dependencies=is_limited,
        responses=refusals(*SIGNED_IN, *CONFIRMING),
    )
    async def verify_new_phone(body: CodeSent, request: Request, found: Mine) -> UserView:
        """Take the new number; the old one is told, all other sessions end."""
        return await confirm_change(request, found, Kind.PHONE, body.code)

    return routes
