"""Routes for those who run the service."""

import hmac
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from doorward.domain.errors import NotFound
from doorward.http.checks import Checks, measured_check
from doorward.http.config import HttpConfig
from doorward.http.routing import example, new_router
from doorward.http.seen import seen_of
from doorward.ports.secrets import SecretMinter

SEEN_HEADER = "X-Doorward-Doctor"
SEEN_SECONDS = 60
WELL = {"status": "ok"}
KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "use": "sig",
    "alg": "ES256",
    "kid": "a-key",
}
"""For the document: the public key of RFC 7517, appendix A.1."""


def router(config: HttpConfig) -> APIRouter:
    """Health, keys and well-known addresses."""
    routes, checks = new_router("Operations"), Checks(config)

    @routes.get(
        "/health", response_model=dict[str, Any], responses=example({"status": "ok", "checks": {"database": "ok"}})
    )
    async def health(request: Request) -> JSONResponse:
        """Whether the service and all that it needs are well."""
        outcomes = await checks.outcomes()
        is_well = all(one.is_well for one in outcomes.values())
        states = {name: one.state for name, one in outcomes.items()}
        body: dict[str, Any] = {"status": "ok" if is_well else "unavailable", "checks": states}
        if config.is_dev:
            latencies = {name: one.ms for name, one in outcomes.items()}
            body |= {"version": config.version, "profile": config.profile, "latencies_ms": latencies}
        body |= _seen(request, config)
        return JSONResponse(body, 200 if is_well else 503, {} if is_well else {"Retry-After": "2"})

    @routes.get("/livez", response_model=dict[str, str], responses=example(WELL))
    async def livez() -> dict[str, str]:
        """Whether the process answers; asks nothing else."""
        return {"status": "ok"}

    @routes.get("/readyz", response_model=dict[str, str], responses=example(WELL))
    async def readyz() -> JSONResponse:
        """Whether requests can be served."""
        is_ready = (await measured_check(config.checks["database"])).is_well
        body = {"status": "ok" if is_ready else "unavailable"}
        return JSONResponse(body, 200 if is_ready else 503, {} if is_ready else {"Retry-After": "2"})

    @routes.get(
        "/.well-known/jwks.json",
        response_model=dict[str, Any],
        responses=example({"keys": [KEY]}),
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
    return {"seen": asdict(seen_of(request, config))}
