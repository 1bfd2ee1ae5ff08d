"""Routes for those who run the service."""

import asyncio
import hmac
import time
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from doorward.domain.errors import NotFound, Unavailable
from doorward.http.client import address_of
from doorward.http.config import Check, HttpConfig
from doorward.http.routing import new_router
from doorward.ports.secrets import SecretMinter

CHECK_SECONDS = 2.0
SEEN_HEADER = "X-Doorward-Doctor"
SEEN_SECONDS = 60
REMEMBER_SECONDS = 2.0


def router(config: HttpConfig) -> APIRouter:
    """Health, keys and well-known addresses."""
    routes = new_router("Operations")
    remembered = {name: check if name == "database" else _Remembered(check) for name, check in config.checks.items()}

    @routes.get("/health", response_model=dict[str, Any])
    async def health(request: Request) -> JSONResponse:
        """Whether the service and all that it needs are well."""
        measured = await asyncio.gather(*(_measure(check) for check in remembered.values()))
        checks = {name: state for name, (state, _) in zip(remembered, measured, strict=True)}
        is_well = all(state == "ok" for state in checks.values())
        body: dict[str, Any] = {"status": "ok" if is_well else "unavailable", "checks": checks}
        if config.is_dev:
            latencies = {name: ms for name, (_, ms) in zip(remembered, measured, strict=True)}
            body |= {"version": config.version, "profile": config.profile, "latencies_ms": latencies}
        body |= _seen(request, config)
        return JSONResponse(body, 200 if is_well else 503, {} if is_well else {"Retry-After": "2"})

    @routes.get("/livez", response_model=dict[str, str])
    async def livez() -> dict[str, str]:
        """Whether the process answers; asks nothing else."""
        return {"status": "ok"}

    @routes.get("/readyz", response_model=dict[str, str])
    async def readyz() -> JSONResponse:
        """Whether requests can be served."""
        state, _ = await _measure(config.checks["database"])
        is_ready = state == "ok"
        body = {"status": "ok" if is_ready else "unavailable"}
        return JSONResponse(body, 200 if is_ready else 503, {} if is_ready else {"Retry-After": "2"})

    @routes.get(
        "/.well-known/jwks.json",
        response_model=dict[str, Any],
        include_in_schema=config.auth.parts.issuer.has_public_keys,
    )
    async def jwks(response: Response) -> dict[str, object]:
        """The public keys of access tokens; nothing here where they are signed with a shared secret."""
        parts = config.auth.parts
        keys = await parts.issuer.jwks(parts.now())
        if keys is None:
            raise NotFound
        response.headers["Cache-Control"] = "public, max-age=300"
        return keys

    @routes.get("/.well-known/change-password", include_in_schema=False)
    async def change_password_page(request: Request) -> RedirectResponse:
        """Where a password manager sends people."""
        return RedirectResponse(f"{config.public_url}/forgot-password", 302)

    return routes


def seen_proof(secrets: SecretMinter, now: datetime) -> str:
    """What shows `/health` that the caller has the service's secret; good for a minute or two."""
    return secrets.digest("doctor", str(int(now.timestamp()) // SEEN_SECONDS))


def _has_proof(request: Request, config: HttpConfig) -> bool:
    shown, parts = request.headers.get(SEEN_HEADER), config.auth.parts
    if shown is None:
        return False
    moments = (parts.now(), parts.now() - timedelta(seconds=SEEN_SECONDS))
    good = [seen_proof(parts.secrets, moment).encode() for moment in moments]
    return any(hmac.compare_digest(shown.encode(), proof) for proof in good)


def _seen(request: Request, config: HttpConfig) -> dict[str, Any]:
    """What arrived here of the caller; told to whoever sets up the proxy before it and has the secret."""
    if not _has_proof(request, config):
        return {}
    trusted = config.trusted_proxies
    peer = address_of(request, ())
    seen = {
        "peer": str(peer),
        "client": str(address_of(request, trusted)),
        "host": request.headers.get("host"),
        "forwarded_for": request.headers.get("x-forwarded-for"),
        "forwarded_proto": request.headers.get("x-forwarded-proto"),
        "is_proxy_trusted": any(peer in network for network in trusted if peer and network.version == peer.version),
    }
    return {"seen": seen}


class _Remembered:
    """A check whose outcome counts for some seconds, so that nobody can make us call on others at will."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._outcome: asyncio.Future[None] | None = None
        self._until = 0.0

    async def __call__(self) -> None:
        if self._outcome is None or time.monotonic() > self._until:
            self._until = time.monotonic() + REMEMBER_SECONDS
            self._outcome = asyncio.ensure_future(self._check())
        await asyncio.shield(self._outcome)


async def _measure(check: Check) -> tuple[str, float]:
    start = time.perf_counter()
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
        state = "ok"
    except (Unavailable, TimeoutError):
        state = "unavailable"
    return state, round((time.perf_counter() - start) * 1000, 1)
