"""Whose token is this? The question that a host application asks with every request of its own.

The routes are ordinary ones. `SessionCheck` stands before the application and answers what is plainly good by itself;
everything else (no token, a bad one, one that came twice, a database that is away) it leaves to the routes.
"""

import logging
import time
from datetime import datetime
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from doorward.domain.actor import Current
from doorward.domain.errors import AuthError
from doorward.http.config import HttpConfig
from doorward.http.middleware import SAFE_HEADERS, access_log, new_id_text, note_request
from doorward.http.remembered import Checked
from doorward.http.routing import SIGNED_IN, new_router, refusals
from doorward.http.schemas import UserView
from doorward.http.security import Cookies, Security

SESSION_PATH, FORWARD_PATH = "/v1/session", "/v1/forward-auth"
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


class SessionState(BaseModel):
    """The session of an access token, and whose it is."""

    id: UUID
    created_at: datetime
    expires_at: datetime
    user: UserView

    @classmethod
    def of(cls, current: Current, config: HttpConfig) -> "SessionState":
        """Show a session; `expires_at` is when the token that was shown ends."""
        session = current.session
        return cls(
            id=session.id,
            created_at=session.created_at,
            expires_at=min(current.until or session.expires_at, session.expires_at),
            user=UserView.of(current.user, config.auth.policies.verification),
        )


def identity(current: Current) -> dict[str, str]:
    """Who it is, as headers that proxies hand on; what is not ASCII is percent-encoded (RFC 3986)."""
    user = current.user
    told = {"Remote-User": str(user.id), "Remote-Email": user.email or "", "Remote-Groups": user.role.value}
    return {name: quote(value, safe=PRINTABLE) for name, value in told.items() if value}


def router(config: HttpConfig) -> APIRouter:
    """The two questions, for the document and for all that is not plainly good."""
    routes = new_router("Sessions", prefix="/v1")
    # Whoever asks here acts on the answer: an administrator who only looks is not this user to others.
    current = Security(config).current(may_look=False)

    @routes.get("/session", response_model=SessionState, responses=refusals(*SIGNED_IN))
    async def check_session(found: Annotated[Current, Depends(current)]) -> SessionState:
        """Check an access token (bearer or cookie): is its session alive, and whose is it?

        Made to be asked with every request of a host application. A sign-out is honoured at once by the process that
        took it, and by all others after `DOORWARD_SESSION__MAX_STALENESS` at the latest.
        """
        return SessionState.of(found, config)

    @routes.get("/forward-auth", response_model=None, response_class=Response, responses=refusals(*SIGNED_IN))
    async def forward_auth(request: Request, found: Annotated[Current, Depends(current)]) -> Response:
        """Let a proxy ask before it forwards: 200 with `Remote-User`, `Remote-Email`, `Remote-Groups`, or 401.

        For nginx's `auth_request`, Traefik's `ForwardAuth` and Caddy's `forward_auth`.
        """
        return Response(headers=identity(found))

    return routes


class SessionCheck:
    """Answers both questions from what is remembered or by one read, without the framework."""

    def __init__(self, config: HttpConfig) -> None:
        self._config = config
        self._auth = config.auth
        self._remembered = config.remembered
        self._cookie = f"{Cookies(config.is_secure).session}=".encode()
        self._is_asked = config.limits.named("default") is None and not config.is_dev
        safe = [(name.lower().encode(), value.encode()) for name, value in SAFE_HEADERS.items()]
        strict = [(b"strict-transport-security", b"max-age=31536000")] if config.is_secure else []
        self._headers = [*safe, *strict]

    def is_for(self, scope: Scope) -> bool:
        """Whether this request may be answered here; with a limit for all requests, or in development, none is."""
        return (
            scope["type"] == "http"
            and scope["path"] in (SESSION_PATH, FORWARD_PATH)
            and scope["method"] == "GET"
            and self._is_asked
        )

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer, or return False and leave it to the routes."""
        began = time.perf_counter()
        token = self._token(scope["headers"])
        checked = token and (self._remembered.find(token) or await self._read(token))
        if not checked:
            return False
        request_id = new_id_text()
        is_session = scope["path"] == SESSION_PATH
        told, body = (JSON_BODY, checked.body) if is_session else (checked.headers, b"")
        headers = [
            (b"content-length", b"%d" % len(body)),
            *told,
            *self._headers,
            (b"x-request-id", request_id.encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        if access_log.isEnabledFor(logging.INFO):
            note_request(scope, self._config, request_id=request_id, path=scope["path"], status=200, began=began)
        return True

    async def _read(self, token: str) -> Checked | None:
        read_at = time.monotonic()
        try:
            current = await self._auth.authenticate(token)
        except AuthError:
            return None
        if current.session.acting_id is not None:
            return None
        checked = self._checked(current, read_at)
        self._remembered.keep(token, checked)
        return checked

    def _checked(self, current: Current, read_at: float) -> Checked:
        state = SessionState.of(current, self._config)
        left = (state.expires_at - self._auth.parts.now()).total_seconds()
        return Checked(
            current=current,
            read_at=read_at,
            good_until=read_at + min(self._remembered.max_age, left),
            body=state.model_dump_json().encode(),
            headers=tuple((name.lower().encode(), value.encode()) for name, value in identity(current).items()),
        )

    def _token(self, headers: list[tuple[bytes, bytes]]) -> str | None:
        """The token of a request that has one and no more; all else is for the routes to judge."""
        bearer, cookie = None, None
        for name, value in headers:
            if name == b"authorization":
                if bearer is not None:
                    return None
                bearer = value
            elif name == b"cookie":
                if cookie is not None:
                    return None
                cookie = value
        if bearer is not None:
            return bearer[7:].decode("latin-1").strip() if bearer[:7] in (b"Bearer ", b"bearer ") else None
        own = [part for part in (cookie or b"").split(b";") if part.strip().startswith(self._cookie)]
        return own[0].strip()[len(self._cookie) :].decode("latin-1") if len(own) == 1 else None


JSON_BODY = ((b"content-type", b"application/json"),)
