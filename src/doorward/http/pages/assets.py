"""Style and script, from this host."""

from fastapi import FastAPI, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from doorward.domain.brand import Brand
from doorward.http.pages.branded import Asset, logo_of, style_of
from doorward.http.pages.rendering import STATIC

KEPT = "public, max-age=31536000, immutable"


class _Made:
    """Answers with what was made of the settings."""

    def __init__(self, asset: Asset) -> None:
        self._asset = asset

    async def __call__(self) -> Response:
        return Response(self._asset.content, media_type=self._asset.media_type, headers={"Cache-Control": KEPT})


class _Kept(StaticFiles):
    """Files whose addresses change with what is in them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        if answer.status_code == 200:
            answer.headers["Cache-Control"] = KEPT
        return answer


def install(app: FastAPI, brand: Brand) -> None:
    """Add `/assets`."""
    for made in (style_of(brand), logo_of(brand)):
        if made:
            app.add_api_route(f"/assets/{made.name}", _Made(made), include_in_schema=False)
    app.mount("/assets", _Kept(directory=STATIC), name="assets")
