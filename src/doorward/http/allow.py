"""Refused methods: `Allow` names all that the address takes (RFC 9110 §10.2.1), whatever routes share it."""

from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.routing import Match

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def install(app: FastAPI) -> None:
    """Answer 405 like any other refusal, with everything that the address takes."""

    async def on_refused_method(request: Request, error: Exception) -> Any:
        answer: Any = app.exception_handlers[HTTPException]
        return await answer(request, HTTPException(405, headers={"Allow": ", ".join(_taken(app, request))}))

    app.add_exception_handler(405, on_refused_method)


def _taken(app: FastAPI, request: Request) -> list[str]:
    """Whoever may GET may HEAD; the surroundings see to that."""
    return [m for m in METHODS if _takes(app, request, "GET" if m == "HEAD" else m)]


def _takes(app: FastAPI, request: Request, method: str) -> bool:
    asked = {**request.scope, "method": method}
    return any(route.matches(asked)[0] is Match.FULL for route in app.routes)
