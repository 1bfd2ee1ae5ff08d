"""Routes of pages: forms from this site only, refusals as pages, and a way back for whoever is not signed in."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse

from doorward.domain.errors import AuthError, TokenInvalid
from doorward.http.client import wants_page
from doorward.http.config import HttpConfig
from doorward.http.errors import from_pydantic
from doorward.http.pages.rendering import Pages
from doorward.http.routing import new_router
from doorward.http.security import REFRESH_PATH, SAFE_METHODS, Security
from doorward.http.strict_json import StrictRoute

FORM = {"x-form": True}
HOME = "/account"
RENEW_PATH = f"{REFRESH_PATH}/page"
Typed = Annotated[str, Form(max_length=4096)]
Token = Annotated[str, Query(max_length=4096)]
Asked = Annotated[str, Query(max_length=2000)]


def page_router(config: HttpConfig) -> APIRouter:
    """A router for pages; they stand in no API document."""
    pages, security = Pages(config), Security(config)

    class PageRoute(StrictRoute):
        """A route whose refusals people read."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            """Wrap the handler."""
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    if request.method not in SAFE_METHODS:
                        security.must_be_same_site(request)
                    return await handle(request)
                except TokenInvalid:
                    if security.cookies.looking in request.cookies:
                        return to_console(security)
                    return to_renewal(request)
                except (AuthError, RequestValidationError) as error:
                    if not wants_page(request):
                        raise
                    refused = error if isinstance(error, AuthError) else from_pydantic(error)
                    return pages.show(request, "refused", refused=refused)

            return answer

    router = new_router("Pages", route_class=PageRoute)
    router.include_in_schema = False
    return router


def to_renewal(request: Request) -> RedirectResponse:
    """Where the refresh cookie goes; it leads back from there, form and all, or on to sign in."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    status = 303 if request.method in SAFE_METHODS else 307
    return RedirectResponse(f"{RENEW_PATH}?next={quote(wanted, safe='')}", status)


def to_console(security: Security) -> RedirectResponse:
    """After the time of looking is over; what was sent then was meant for another account and is dropped."""
    left = see_other("/admin")
    security.cookies.leave(left)
    return left


def to_sign_in(wanted: str) -> RedirectResponse:
    """The sign-in page, which leads on to what was wanted."""
    return see_other("/sign-in" if wanted == HOME else f"/sign-in?next={quote(wanted, safe='')}")


def see_other(path: str) -> RedirectResponse:
    """After a form: the next page, so that looking again sends nothing again."""
    return RedirectResponse(path, 303)


def own_path(wanted: str, otherwise: str = HOME) -> str:
    """A path on this site, or another if what is wanted may lead elsewhere (ASVS 5.0, 3.7.2)."""
    is_path = wanted.startswith("/") and wanted[1:2] not in ("/", "\\") and wanted.isprintable() and "\\" not in wanted
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return otherwise
    return wanted if is_path and not parts.netloc and not parts.scheme else otherwise
