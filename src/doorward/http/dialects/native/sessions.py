"""Signing in, refreshing, devices, signing out."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from doorward.auth import retried
from doorward.domain.actor import Current
from doorward.domain.errors import TokenInvalid
from doorward.domain.password import Password
from doorward.http.client import client_of, language_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.routing import COMMON, PROVING, SIGNED_IN, new_router, refusals
from doorward.http.schemas import Body, Entered, Message, Secret, SessionView, Typed, UserView, welcome
from doorward.http.security import Security
from doorward.http.whereabouts import place_words
from doorward.languages import speech
from doorward.methods.session_opening import SignedIn
from doorward.use_cases.refresh_session import Refreshed
from doorward.use_cases.sign_in import Credentials

Delivery = Literal["token", "cookie"]


class SignInBody(Body):
    """Who one is, and the proof."""

    identifier: Typed = Field(examples=["ada@example.com"])
    password: Secret = Field(examples=["a long walk in the hills"])
    delivery: Delivery = "token"


class RefreshBody(Body):
    """The refresh token; a browser's is in its cookie."""

    refresh_token: Annotated[str, Field(max_length=4096)] | None = None


class PlacedSession(SessionView):
    """A device, and where its address is, in the caller's language."""

    place: str | None


class SessionList(BaseModel):
    """Devices, newest first."""

    items: list[PlacedSession]
    next_cursor: str | None = None


def router(config: HttpConfig) -> APIRouter:
    """Routes about sessions."""
    auth, security, routes = config.auth, Security(config), new_router("Sessions", prefix="/v1/sessions")
    current = security.current()

    @routes.post(
        "",
        response_model=Entered,
        response_model_exclude_none=False,
        dependencies=[Depends(limited(config, "sign_in"))],
        responses=refusals(*COMMON, *PROVING, "email_not_verified", "account_disabled", "account_closing"),
    )
    async def sign_in(body: SignInBody, request: Request, response: Response) -> Any:
        """Sign in; tokens come in the answer, or as HttpOnly cookies."""
        credentials = Credentials(
            identifier=body.identifier,
            password=Password.typed(body.password),
            client=client_of(request, config.trusted_proxies),
        )
        signed_in = await retried(auth.sign_in, credentials)
        return entered(signed_in, body.delivery, config, security, response)

    @routes.post(
        "/refresh",
        response_model=Entered,
        dependencies=[Depends(limited(config, "refresh"))],
        responses=refusals(*COMMON, "token_invalid", "cross_site", "too_many_requests"),
    )
    async def refresh_session(request: Request, response: Response, body: RefreshBody | None = None) -> Any:
        """Get a new access token and the refresh token's successor."""
        shown = body.refresh_token if body else None
        cookie = None if shown else security.refresh_cookie(request)
        token = shown or cookie
        if token is None:
            raise TokenInvalid
        client = client_of(request, config.trusted_proxies)
        refreshed = await retried(auth.refresh_session, token, client)
        return entered(refreshed, "cookie" if cookie else "token", config, security, response)

    @routes.get("", response_model=SessionList, responses=refusals(*SIGNED_IN))
    async def list_sessions(request: Request, found: Annotated[Current, Depends(current)]) -> SessionList:
        """The devices on which one is signed in."""
        said = speech(language_of(request))
        shown = [SessionView.of(session, found.session_id) for session in await auth.list_sessions(found)]
        return SessionList(
            items=[
                PlacedSession(**one.model_dump(), place=place_words(config.places, said, one.ip_address))
                for one in shown
            ]
        )

    @routes.delete("/current", response_model=Message, responses=refusals(*SIGNED_IN))
    async def sign_out(request: Request, response: Response, found: Annotated[Current, Depends(current)]) -> Message:
        """Sign out here: the tokens of this session are dead when this is answered."""
        await retried(auth.sign_out, found, found.session_id, client_of(request, config.trusted_proxies))
        security.cookies.clear(response)
        return Message(message="Signed out.")

    @routes.delete(
        "/{session_id:uuid}", response_model=Message, responses=refusals(*SIGNED_IN, "not_found", "validation_failed")
    )
    async def end_session(session_id: UUID, request: Request, found: Annotated[Current, Depends(current)]) -> Message:
        """Sign out on one device."""
        await retried(auth.sign_out, found, session_id, client_of(request, config.trusted_proxies))
        return Message(message="Signed out on that device.")

    @routes.delete("", response_model=Message, responses=refusals(*SIGNED_IN))
    async def end_other_sessions(request: Request, found: Annotated[Current, Depends(current)]) -> Message:
        """Sign out on all other devices."""
        await retried(auth.sign_out.others, found, client_of(request, config.trusted_proxies))
        return Message(message="Signed out on all other devices.")

    return routes


def entered(
    done: SignedIn | Refreshed, delivery: Delivery, config: HttpConfig, security: Security, response: Response
) -> Entered:
    """Answer a sign-in; where cookies carry the tokens, the body does not."""
    in_cookies = delivery == "cookie"
    if in_cookies:
        security.deliver(response, done)
    return Entered(
        message=welcome(done.user),
        access_token=None if in_cookies else done.access.token,
        expires_in=done.access.expires_in,
        refresh_token=None if in_cookies else done.refresh_token,
        user=UserView.of(done.user, config.auth.policies.verification),
    )
