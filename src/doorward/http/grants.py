"""Signing in with the form of OAuth 2.0's password grant, for first-party clients."""

from typing import Annotated

from fastapi import Form, Request

from doorward.auth import retried
from doorward.domain.errors import InvalidCredentials
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.methods.session_opening import SignedIn
from doorward.use_cases.sign_in import Credentials

FORM = {"x-form": True}
Username = Annotated[str, Form(min_length=1, max_length=320, examples=["ada@example.com"])]
FormPassword = Annotated[str, Form(min_length=1, max_length=4096, json_schema_extra={"format": "password"})]


class InvalidGrant(InvalidCredentials):
    """Wrong credentials, with the word that OAuth 2.0 clients look for (RFC 6749 §5.2)."""

    members = {"error": "invalid_grant"}  # noqa: RUF012 - never written


async def sign_in_by_form(config: HttpConfig, request: Request, username: str, password: str) -> SignedIn:
    """Sign in; InvalidGrant for wrong credentials."""
    credentials = Credentials(
        identifier=username, password=Password.typed(password), client=client_of(request, config.trusted_proxies)
    )
    try:
        return await retried(config.auth.sign_in, credentials)
    except InvalidCredentials:
        raise InvalidGrant from None
