"""What every request gets: an id, a line in the log, safe headers, and an answer even when the unexpected happens."""

import json
import logging
import time
from random import getrandbits
from typing import Any

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorward.domain.ids import MARKS, UNMARKED
from doorward.http.client import address_of
from doorward.http.config import HttpConfig
from doorward.http.errors import internal

log = access_log = logging.getLogger("doorward.access")
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": API_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What every answer says; a page may say something else in place of all but the first."""
SHOWN_HEADERS = ("content-type", "content-length", "accept", "origin", "sec-fetch-site")
MAX_LOGGED_BODY = 4096


class Surroundings:
    """Pure ASGI, because it stands around everything, also around failures of the layers inside."""

    def __init__(self, app: ASGIApp, *, config: HttpConfig) -> None:
        self._app = app
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Whoever may GET may HEAD (RFC 9110 §9.3.2); the server below looks at its own scope and leaves the body out.
        inner = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        exchange = _Exchange(inner, receive, send, self._config, method=scope["method"])
        try:
            await self._app(inner, exchange.receive, exchange.send)
        except Exception:
            log.exception("unexpected failure", extra={"request_id": exchange.request_id})
            if not exchange.status:
                await internal(Request(inner))(inner, receive, exchange.send)
        finally:
            exchange.note()


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, config: HttpConfig, *, method: str) -> None:
        self.request_id = scope["request_id"] = new_id_text()
        self.status = 0
        self._scope = scope
        self._method = method
        self._receive = receive
        self._send = send
        self._config = config
        self._start = time.perf_counter()
        self._body = bytearray()

    async def receive(self) -> Message:
        message = await self._receive()
        if log.isEnabledFor(logging.DEBUG) and len(self._body) < MAX_LOGGED_BODY:
            self._body += message.get("body", b"")[:MAX_LOGGED_BODY]
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._add_headers(MutableHeaders(scope=message))
        await self._send(message)

    def _add_headers(self, headers: MutableHeaders) -> None:
        headers["X-Request-Id"] = self.request_id
        for name, value in SAFE_HEADERS.items():
            headers.setdefault(name, value)
        if self._config.is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if self._judges_nothing():
            headers["Server-Timing"] = f"app;dur={self._milliseconds():.1f}"

    def _judges_nothing(self) -> bool:
        """Where a password, code or token is judged, an exact time would be an oracle."""
        names = {name for name, _ in self._scope["headers"]}
        return self._method in ("GET", "HEAD") and not names & {b"authorization", b"cookie"}

    def _milliseconds(self) -> float:
        return (time.perf_counter() - self._start) * 1000

    def note(self) -> None:
        """Write the access line; paths by their template, so that nothing a caller made up stands in the log."""
        if log.isEnabledFor(logging.INFO):
            path = getattr(self._scope.get("route"), "path", "(other)")
            scope = {**self._scope, "method": self._method}
            note_request(
                scope, self._config, request_id=self.request_id, path=path, status=self.status, began=self._start
            )
        if log.isEnabledFor(logging.DEBUG):
            log.debug("request in detail", extra={"request_id": self.request_id, **self._shape()})

    def _shape(self) -> dict[str, Any]:
        """Which headers and members came, never what they held."""
        names = [name.decode("latin-1") for name, _ in self._scope["headers"]]
        known = [name for name in names if name in SHOWN_HEADERS]
        shape: dict[str, Any] = {"headers": ",".join(known), "other_headers": len(names) - len(known)}
        try:
            body = json.loads(self._body) if self._body else None
        except (ValueError, RecursionError):
            return shape | {"body": f"{len(self._body)} bytes"}
        if isinstance(body, dict):
            shape["members"] = len(body)
            shape["types"] = ",".join(type(value).__name__ for value in body.values())
        return shape


def note_request(scope: Scope, config: HttpConfig, *, request_id: str, path: str, status: int, began: float) -> None:
    """Write the access line.

    Args:
        scope: of the request.
        config: says which proxies are believed.
        request_id: what the answer was marked with.
        path: the route's template.
        status: of the answer.
        began: when the request came, by the performance counter.
    """
    method = scope["method"]
    fields: dict[str, Any] = {
        "request_id": request_id,
        "method": method if method.isalpha() else "?",
        "path": path,
        "status": status,
        "ms": round((time.perf_counter() - began) * 1000, 1),
        "ip": str(address_of(Request(scope), config.trusted_proxies) or "-"),
    }
    log.info("request", extra=fields)


def new_id_text() -> str:
    """An id for a request, a UUIDv7; never one that the caller sent. Nobody relies on its being hard to guess."""
    text = f"{time.time_ns() // 1_000_000 << 80 | getrandbits(80) & UNMARKED | MARKS:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
