"""The token endpoint of RFC 6749, for first-party clients and the Authorize button of the API page."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from doorward.auth import retried
from doorward.domain.errors import AuthError, TooManyRequests, Unavailable
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.errors import refusal
from doorward.http.limits import limited
from doorward.http.routing import COMMON, new_router, refusals
from doorward.methods.session_opening import SignedIn
from doorward.use_cases.refresh_session import Refreshed
from doorward.use_cases.sign_in import Credentials

GrantType = Annotated[str, Form(max_length=4096, examples=["password"])]
Username = Annotated[str, Form(max_length=4096, examples=["ada@example.com"])]
Secret = Annotated[str, Form(max_length=4096, examples=["Correct-Horse-7"])]
RefreshToken = Annotated[str, Form(max_length=4096, examples=[""])]


class Granted(BaseModel):
    """Tokens (RFC 6749 §5.1)."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None = None


class NotGranted(BaseModel):
    """A refusal (RFC 6749 §5.2)."""

    error: str
    error_description: str


def router(config: HttpConfig) -> APIRouter:
    """One route, answering as RFC 6749 §5 says."""
    auth, routes = config.auth, new_router("OAuth 2.0", prefix="/oauth")

    @routes.post(
        "/token",
        response_model=Granted,
        dependencies=[Depends(limited(config, "sign_in"))],
        responses=refusals(*COMMON, "too_many_requests", "busy")
        | {400: {"model": NotGranted, "description": "RFC 6749"}},
        openapi_extra={"x-form": True},
    )
    async def get_token(
        request: Request,
        grant_type: GrantType = "password",
        username: Username = "",
        password: Secret = "",
        refresh_token: RefreshToken = "",
    ) -> JSONResponse:
        """Exchange identifier and password, or a refresh token, for an access token."""
        client = client_of(request, config.trusted_proxies)
        try:
            done: SignedIn | Refreshed
            if grant_type == "password":
                typed = Password.typed(password)
                done = await retried(auth.sign_in, Credentials(identifier=username, password=typed, client=client))
            elif grant_type == "refresh_token":
                done = await retried(auth.refresh_session, refresh_token, client)
            else:
                return _failed("unsupported_grant_type", "Use password or refresh_token.")
        except (TooManyRequests, Unavailable) as error:
            return refusal(request, error)
        except AuthError as error:
            return _failed("invalid_grant", error.code)
        return JSONResponse(_token(done))

    return routes


def _failed(error: str, description: str) -> JSONResponse:
    return JSONResponse({"error": error, "error_description": description}, 400)


def _token(done: SignedIn | Refreshed) -> dict[str, Any]:
    answer = {"access_token": done.access.token, "token_type": "bearer", "expires_in": done.access.expires_in}
    return answer | ({"refresh_token": done.refresh_token} if done.refresh_token else {})
