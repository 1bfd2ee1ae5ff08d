"""What a visitor chooses for himself: language and colours."""

from fastapi import APIRouter, Request, Response

from doorward.http.client import LANGUAGE_COOKIE
from doorward.http.config import HttpConfig
from doorward.http.pages.rendering import THEME_COOKIE, THEMES
from doorward.http.pages.routes import FORM, Typed, own_path, page_router, see_other
from doorward.languages import OFFERED

YEAR = 365 * 24 * 3600


def router(config: HttpConfig) -> APIRouter:
    """One form, on every page."""
    routes = page_router(config)

    @routes.post("/choices", openapi_extra=FORM)
    async def choose(request: Request, language: Typed = "", theme: Typed = "", next: Typed = "/") -> Response:  # noqa: A002 - its usual name
        """Keep what was chosen in a cookie; `system` gives the colours back to the system."""
        chosen = see_other(own_path(next, "/"))
        for name, value, offered in ((LANGUAGE_COOKIE, language, OFFERED), (THEME_COOKIE, theme, THEMES)):
            if value in offered:
                chosen.set_cookie(name, value, max_age=YEAR, secure=config.is_secure, httponly=True, samesite="lax")
        if theme == "system":
            chosen.delete_cookie(THEME_COOKIE)
        return chosen

    return routes
