"""The engine as a FastAPI application."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.datastructures import URLPath
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from doorward.domain.errors import NotFound
from doorward.http import allow, docs, errors, operations, session_check
from doorward.http.client import wants_page
from doorward.http.config import HttpConfig
from doorward.http.dialects import DIALECTS, NATIVE
from doorward.http.dialects.native import accounts
from doorward.http.document import complete
from doorward.http.limits import limited
from doorward.http.middleware import Surroundings
from doorward.http.session_check import SessionCheck

if TYPE_CHECKING:
    from doorward.http.pages.rendering import Pages

Lifespan = Callable[[], AbstractAsyncContextManager[None]]


class Application(FastAPI):
    """FastAPI with the session check before it."""

    check: SessionCheck | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        check = self.check
        if check is not None and check.is_for(scope) and await check.answer(scope, receive, send):
            return
        await super().__call__(scope, receive, send)


class Later(BaseRoute):
    """Stands last among some routes, and adds more of them when somebody asks for what none before it answers."""

    def __init__(self, routes: list[BaseRoute], add: Callable[[], None]) -> None:
        self._routes = routes
        self._add: Callable[[], None] | None = add

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match nothing: whoever asks goes on to the routes that were added."""
        self._make()
        return Match.NONE, {}

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Know no name: whoever asks goes on."""
        self._make()
        raise NoMatchFound(name, path_params)

    def _make(self) -> None:
        if self._add is None:
            return
        before = len(self._routes)
        try:
            self._add()
        except BaseException:
            del self._routes[before:]  # the next one begins anew
            raise
        self._add = None


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

    app = Application(
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
    app.openapi = partial(_document, app, app.openapi, config)  # type: ignore[method-assign]  # FastAPI's way to extend it
    errors.install(app)
    allow.install(app)
    _add_routes(app, config)
    _refuse_people_by_pages(app, config)
    _explain_foreign_paths(app, config)
    if config.is_dev:
        # A page that points its own name at this machine (DNS rebinding) must not read the inbox.
        own = urlsplit(config.public_url).hostname or "localhost"
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[own, "localhost", "127.0.0.1"], www_redirect=False)
    app.add_middleware(Surroundings, config=config)
    app.check = SessionCheck(config)
    return app


def _document(app: FastAPI, generate: Callable[[], dict[str, Any]], config: HttpConfig) -> dict[str, Any]:
    """The OpenAPI document with the rules of this service; made once."""
    return app.openapi_schema or complete(generate(), config.auth.policies, config.public_url)


def _add_routes(app: FastAPI, config: HttpConfig) -> None:
    app.include_router(NATIVE(config))
    if config.dialect in DIALECTS:
        app.include_router(DIALECTS[config.dialect](config))
    for part in (operations, session_check):
        app.include_router(part.router(config))
    if config.has_docs:
        docs.install(app)
    routes = app.router.routes
    if config.templates is None and not config.is_dev:
        routes.append(Later(routes, partial(_add_pages, app, config)))
    else:  # what is wrong with one's own templates is said at the start; in development the inbox is part of the API
        _add_pages(app, config)


def _add_pages(app: FastAPI, config: HttpConfig) -> None:
    from doorward.http.pages.site import install  # noqa: PLC0415 - a tenth of the start, and many never see a page

    install(app, config)


def _pages(config: HttpConfig) -> "Pages":
    from doorward.http.pages.rendering import Pages  # noqa: PLC0415 - see above

    return Pages(config)


def _has_path(router: APIRouter, request: Request) -> bool:
    """Whether the router knows the path, for whatever method."""
    return any(route.matches(request.scope)[0] is not Match.NONE for route in router.routes)


def _explain_foreign_paths(app: FastAPI, config: HttpConfig) -> None:
    """Tell who asks for another dialect's path which profiles have it."""

    @cache  # made when somebody goes astray for the first time: most never do
    def foreign() -> list[tuple[str, APIRouter]]:
        routers = [(name, dialect(config)) for name, dialect in DIALECTS.items() if name != config.dialect]
        if config.auth.policies.registration.conceals:
            routers.append(("code-activation", accounts.revealed_router(config)))
        return routers

    async def on_not_found(request: Request, error: Exception) -> Any:
        names = dict.fromkeys(name for name, router in foreign() if _has_path(router, request))
        detail = None
        if names:
            commands = " or ".join(f"`doorward dev --profile {name}`" for name in names)
            detail = f"This path belongs to the profile {' or '.join(names)}: start it with {commands}."
        if wants_page(request) and not names:
            return _pages(config).show(request, "refused", refused=NotFound())
        if isinstance(error, HTTPException) and error.headers:
            return errors.problem(request, "not_found", detail=detail, headers=error.headers)
        return errors.problem(request, "not_found", detail=detail)

    app.add_exception_handler(404, on_not_found)


def _refuse_people_by_pages(app: FastAPI, config: HttpConfig) -> None:
    """Answer a browser by a page, also where no route has looked at the request."""

    async def on_http(request: Request, error: Exception) -> Any:
        if not isinstance(error, HTTPException):
            return errors.internal(request)
        if not wants_page(request):
            return errors.http_problem(request, error)
        shown = _pages(config).show_code(request, errors.code_of(error), status=error.status_code)
        shown.headers.update(error.headers or {})
        return shown

    app.add_exception_handler(HTTPException, on_http)
