"""The first page, and what refusals mean."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from doorward.domain.errors import NotFound
from doorward.http.config import HttpConfig
from doorward.http.pages.rendering import Pages
from doorward.http.pages.routes import Asked, page_router
from doorward.http.problems import PROBLEMS, RULES


def router(config: HttpConfig) -> APIRouter:
    """Pages for everybody."""
    pages, routes = Pages(config), page_router(config)

    @routes.get("/")
    async def home(request: Request, done: Asked = "") -> Response:
        """Where to go from here."""
        return pages.show(request, "home", done=done)

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
