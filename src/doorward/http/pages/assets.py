"""Style and script, from this host."""

from fastapi import FastAPI, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from doorward.http.pages.rendering import STATIC


class _Kept(StaticFiles):
    """Files whose addresses change with what is in them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        if answer.status_code == 200:
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def install(app: FastAPI) -> None:
    """Add `/assets`."""
    app.mount("/assets", _Kept(directory=STATIC), name="assets")
