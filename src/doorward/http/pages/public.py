"""The first page, and what refusals mean."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from doorward.domain.errors import NotFound
from doorward.http.config import HttpConfig
from doorward.http.pages import page
from doorward.http.problems import PROBLEMS, RULES
from doorward.http.routing import new_router


def router(config: HttpConfig) -> APIRouter:
    """Pages for everybody."""
    routes = new_router("Pages")
    routes.include_in_schema = False

    @routes.get("/")
    async def home() -> HTMLResponse:
        """Where to go from here."""
        return page("home", service_name=config.service_name, has_docs=config.has_docs, is_dev=config.is_dev)

    @routes.get("/problems")
    async def problems() -> HTMLResponse:
        """All codes."""
        return page("problems", service_name=config.service_name, problems=PROBLEMS, rules=RULES)

    @routes.get("/problems/{code}")
    async def one_problem(code: str, request: Request) -> Response:
        """What one code means, for people or programs."""
        if code not in PROBLEMS:
            raise NotFound
        words = PROBLEMS[code]
        if "text/html" not in request.headers.get("accept", "text/html"):
            return JSONResponse({"code": code, "title": words.title, "status": words.status, "detail": words.detail})
        return page("problem", service_name=config.service_name, code=code, problem=words)

    return routes
