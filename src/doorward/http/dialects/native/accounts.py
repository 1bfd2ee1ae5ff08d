"""Signing up and verifying."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from doorward.auth import retried
from doorward.domain.password import Password
from doorward.domain.registration import SignUp
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.routing import COMMON, PROVING, new_router, refusals
from doorward.http.schemas import Body, Code, Email, Message, Secret, SignUpBody, Token, UserView
from doorward.http.security import BasicCredentials, Security
from doorward.http.sign_ups import new_sign_up
from doorward.use_cases.activate_account import Activation
from doorward.use_cases.correct_address import AddressCorrection
from doorward.use_cases.resend_code import ResendToUser
from doorward.use_cases.verify_email import AddressProof


class CodeBody(Body):
    """The code from the mail."""

    code: Code


class VerifyBody(Body):
    """The code with the handle of the sign-up, or the link's token with what the service asks besides."""

    verification: Token | None = None
    code: Code | None = None
    token: Token | None = None
    password: Secret | None = None


class ResendBody(Body):
    """The handle of the sign-up."""

    verification: Token


class CorrectionBody(Body):
    """The address that was meant."""

    email: Email = Field(examples=["ada@example.org"])


class PendingCorrectionBody(CorrectionBody):
    """With the handle and the password of the sign-up."""

    verification: Token
    password: Secret


class Pending(Body):
    """A sign-up that waits for its proof."""

    next: Annotated[str, Field(examples=["verify"])] = "verify"
    verification: str


def router(config: HttpConfig) -> APIRouter:
    """Routes for people who have no session yet."""
    auth, routes = config.auth, new_router("Accounts", prefix="/v1")
    policies = auth.policies
    conceals = policies.registration.conceals

    @routes.post(
        "/users",
        status_code=202 if conceals else 201,
        response_model=Pending if conceals else UserView,
        dependencies=[Depends(limited(config, "register"))],
        responses=refusals(*COMMON, "identifier_taken", "registration_closed", "too_many_requests", "busy"),
    )
    async def sign_up(body: SignUpBody, request: Request) -> Any:
        """Sign up. Where duplicates are concealed, free and taken addresses are answered alike."""
        command = sign_up_command(body, request, config)
        if conceals:
            return Pending(verification=await retried(auth.register_concealed, command))
        return UserView.of(await retried(auth.register, command), policies.verification)

    @routes.post(
        "/verify",
        dependencies=[Depends(limited(config, "verify"))],
        response_model=UserView,
        responses=refusals(
            *COMMON,
            "invalid_credentials",
            "code_incorrect",
            "link_invalid",
            "code_expired",
            "link_expired",
            "too_many_requests",
        ),
    )
    async def verify(body: VerifyBody, request: Request) -> UserView:
        """Verify an address with the mailed code or link."""
        proof = AddressProof(
            verification=body.verification,
            code=body.code,
            token=body.token,
            password=Password.typed(body.password) if body.password else None,
            client=client_of(request, config.trusted_proxies),
        )
        return UserView.of(await retried(auth.verify_email, proof), policies.verification)

    return routes


def concealed_router(config: HttpConfig) -> APIRouter:
    """What there is only where sign-ups wait apart from the users."""
    auth, routes = config.auth, new_router("Accounts", prefix="/v1")

    @routes.post(
        "/verify/resend",
        status_code=202,
        dependencies=[Depends(limited(config, "resend"))],
        response_model=Message,
        responses=refusals(*COMMON, "too_many_requests"),
    )
    async def resend_verification(body: ResendBody, request: Request) -> Message:
        """Send a new code for a pending sign-up; it replaces the one before."""
        await retried(auth.resend_code.to_waiting, body.verification, client_of(request, config.trusted_proxies))
        return Message(message="If the sign-up is still waiting, a new code is on its way.")

    @routes.post(
        "/verify/address",
        status_code=202,
        dependencies=[Depends(limited(config, "register"))],
        response_model=Pending,
        responses=refusals(*COMMON, *PROVING, "link_invalid", "code_expired", "forbidden"),
    )
    async def correct_pending_address(body: PendingCorrectionBody, request: Request) -> Pending:
        """Put another address in the place of a mistyped one; a new code goes there, free or taken alike.

        The handle and the code before are no longer good: go on with the handle of the answer.
        """
        client, password = client_of(request, config.trusted_proxies), Password.typed(body.password)
        correction = AddressCorrection(email=body.email, password=password, client=client)
        handle = await retried(auth.correct_address.of_waiting, body.verification, correction)
        return Pending(verification=handle)

    return routes


def revealed_router(config: HttpConfig) -> APIRouter:
    """What asks for the password of an account that waits; elsewhere it would tell which addresses are taken."""
    auth, security, routes = config.auth, Security(config), new_router("Accounts", prefix="/v1")
    verification = auth.policies.verification

    @routes.post(
        "/users/activate",
        dependencies=[Depends(limited(config, "verify"))],
        response_model=UserView,
        responses=refusals(*COMMON, *PROVING, "already_active", "code_incorrect", "code_expired"),
    )
    async def activate_account(
        body: CodeBody, request: Request, basic: Annotated[BasicCredentials, Depends(security.basic())]
    ) -> UserView:
        """Activate an account with its password (HTTP Basic) and the mailed code."""
        activation = Activation(
            identifier=basic.identifier,
            password=basic.password,
            code=body.code,
            client=client_of(request, config.trusted_proxies),
        )
        return UserView.of(await retried(auth.activate_account, activation), verification)

    @routes.post(
        "/users/resend-code",
        status_code=202,
        dependencies=[Depends(limited(config, "resend"))],
        response_model=Message,
        responses=refusals(*PROVING, "already_active"),
    )
    async def resend_code(request: Request, basic: Annotated[BasicCredentials, Depends(security.basic())]) -> Message:
        """Send a new code to an account (HTTP Basic); it replaces the one before."""
        client = client_of(request, config.trusted_proxies)
        command = ResendToUser(identifier=basic.identifier, password=basic.password, client=client)
        await retried(auth.resend_code.to_user, command)
        return Message(message="A new code is on its way; the one before is no longer good.")

    _add_correction(routes, config)
    return routes


def _add_correction(routes: APIRouter, config: HttpConfig) -> None:
    auth, security = config.auth, Security(config)

    @routes.post(
        "/users/correct-address",
        status_code=202,
        dependencies=[Depends(limited(config, "register"))],
        response_model=Message,
        responses=refusals(*COMMON, *PROVING, "already_active", "identifier_taken"),
    )
    async def correct_address(
        body: CorrectionBody, request: Request, basic: Annotated[BasicCredentials, Depends(security.basic())]
    ) -> Message:
        """Put another address in the place of a mistyped one of an account (HTTP Basic); a new code goes there."""
        client = client_of(request, config.trusted_proxies)
        correction = AddressCorrection(email=body.email, password=basic.password, client=client)
        await retried(auth.correct_address.of_user, basic.identifier, correction)
        return Message(message="A new code is on its way to the new address; the one before is no longer good.")


def sign_up_command(body: SignUpBody, request: Request, config: HttpConfig) -> SignUp:
    """A sign-up as the engine takes it."""
    named = {"email": body.email, "phone": body.phone, "username": body.username}
    return new_sign_up(request, config, body.password, body.profile(), **named)
