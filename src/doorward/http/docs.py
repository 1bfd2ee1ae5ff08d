"""The API pages, from files that come with the packages: no browser asks another host for anything."""

from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

ASSETS = Path(fastapi_offline.__file__).parent / "static"
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'"
)


def install(app: FastAPI) -> None:
    """Add `/docs`, `/redoc` and their files."""
    app.mount("/docs/assets", StaticFiles(directory=ASSETS), name="docs-assets")
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs")
    async def docs() -> HTMLResponse:
        """Try the API."""
        return _page(
            get_swagger_ui_html(
                openapi_url="/openapi.json",
                title=app.title,
                swagger_js_url="/docs/assets/swagger-ui-bundle.js",
                swagger_css_url="/docs/assets/swagger-ui.css",
                swagger_favicon_url="/docs/assets/favicon.png",
                swagger_ui_parameters={"persistAuthorization": True, "displayRequestDuration": True},
            )
        )

    @routes.get("/redoc")
    async def redoc() -> HTMLResponse:
        """Read the API."""
        return _page(
            get_redoc_html(
                openapi_url="/openapi.json",
                title=app.title,
                redoc_js_url="/docs/assets/redoc.standalone.js",
                redoc_favicon_url="/docs/assets/favicon.png",
                with_google_fonts=False,
            )
        )

    app.include_router(routes)


def _page(page: HTMLResponse) -> HTMLResponse:
    page.headers["Content-Security-Policy"] = PAGE_POLICY
    return page
