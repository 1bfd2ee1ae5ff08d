"""The first page, and what refusals mean."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from doorward.domain.actor import Current
from doorward.domain.errors import NotFound
from doorward.http.config import HttpConfig
from doorward.http.pages.rendering import Pages
from doorward.http.pages.routes import Asked, page_router
from doorward.http.problems import PROBLEMS, RULES
from doorward.http.security import Security


def router(config: HttpConfig) -> APIRouter:
    """Pages for everybody."""
    pages, routes = Pages(config), page_router(config)
    Visitor = Annotated[Current | None, Depends(Security(config).current_if_any())]  # noqa: N806 - a type

    @routes.get("/")
    async def home(request: Request, found: Visitor, done: Asked = "") -> Response:
        """Where to go from here."""
        return pages.show(request, "home", found=found, done=done)

    @routes.get("/problems")
    async def problems(request: Request) -> Response:
        """All codes."""
        return pages.show(request, "problems", problems=PROBLEMS, rules=RULES)

    @routes.get("/problems/{code}")
    async def one_problem(code: str, request: Request) -> Response:
        """What one code means, for people or programs."""
        if code not in PROBLEMS:
            raise NotFound
        words = PROBLEMS[code]
        if "text/html" not in request.headers.get("accept", "text/html"):
            return JSONResponse({"code": code, "title": words.title, "status": words.status, "detail": words.detail})
        return pages.show(request, "problem", code=code, problem=words)

    return routes
