"""The engine as a FastAPI application."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from doorward.http import docs, errors, operations
from doorward.http.config import HttpConfig
from doorward.http.dialects import DIALECTS, NATIVE
from doorward.http.dialects.native import accounts
from doorward.http.limits import limited
from doorward.http.middleware import Surroundings
from doorward.http.pages import inbox, links, public
from doorward.http.schemas import Problem

Lifespan = Callable[[], AbstractAsyncContextManager[None]]


def create_app(config: HttpConfig, running: Lifespan) -> FastAPI:
    """Build the application.

    Args:
        config: what is decided before the first request.
        running: entered while the application serves: opens and closes what it needs.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running():
            yield

    app = FastAPI(
        title=config.service_name,
        version=config.version,
        summary="User accounts: sign-up, verification, sign-in, sessions, passwords, audit.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if config.has_docs else None,
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        dependencies=[Depends(limited(config, "default"))],
        separate_input_output_schemas=False,
    )
    app.openapi = partial(_document, app, app.openapi)  # type: ignore[method-assign]  # FastAPI's way to extend it
    errors.install(app)
    _add_routes(app, config)
    _explain_foreign_paths(app, config)
    if config.is_dev:
        # A page that points its own name at this machine (DNS rebinding) must not read the inbox.
        own = urlsplit(config.public_url).hostname or "localhost"
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[own, "localhost", "127.0.0.1"], www_redirect=False)
    app.add_middleware(Surroundings, config=config)
    return app


def _document(app: FastAPI, generate: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The OpenAPI document, in which all refusals share one schema."""
    document = generate()
    document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    return document


def _add_routes(app: FastAPI, config: HttpConfig) -> None:
    app.include_router(NATIVE(config))
    if config.dialect in DIALECTS:
        app.include_router(DIALECTS[config.dialect](config))
    for part in (operations, links, public):
        app.include_router(part.router(config))
    if config.inbox is not None:
        app.include_router(inbox.router(config, config.inbox))
    if config.has_docs:
        docs.install(app)


def _explain_foreign_paths(app: FastAPI, config: HttpConfig) -> None:
    """Tell who asks for another dialect's path which profile has it."""
    foreign = {
        route.path: name
        for name, dialect in DIALECTS.items()
        if name != config.dialect
        for route in dialect(config).routes
        if isinstance(route, APIRoute)
    }
    if config.auth.policies.registration.conceals:
        missing = accounts.revealed_router(config).routes
        foreign |= {route.path: "code-activation" for route in missing if isinstance(route, APIRoute)}

    async def on_not_found(request: Request, error: Exception) -> Any:
        name = foreign.get(request.url.path)
        detail = None
        if name is not None:
            detail = f"This path belongs to the profile {name}: start it with `doorward dev --profile {name}`."
        if isinstance(error, HTTPException) and error.headers:
            return errors.problem(request, "not_found", detail=detail, headers=error.headers)
        return errors.problem(request, "not_found", detail=detail)

    app.add_exception_handler(404, on_not_found)
