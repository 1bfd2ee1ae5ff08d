"""One's data: to take away, or to have removed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from doorward.auth import retried
from doorward.domain.actor import Current
from doorward.domain.errors import AuthError
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.dialects.native.me import Export
from doorward.http.pages.rendering import Pages
from doorward.http.pages.routes import FORM, Typed, page_router, see_other
from doorward.http.security import Security

PATH = "/account/data"


def router(config: HttpConfig) -> APIRouter:
    """Export and farewell."""
    auth, pages, security, routes = config.auth, Pages(config), Security(config), page_router(config)
    Visitor = Annotated[Current, Depends(Security(config).current_by_cookie())]  # noqa: N806 - a type

    @routes.get(PATH)
    async def data_page(request: Request, found: Visitor) -> Response:
        """Offer both."""
        return pages.show(request, "data", found=found)

    @routes.post(f"{PATH}/export", openapi_extra=FORM)
    async def export(request: Request, found: Visitor) -> Response:
        """Everything that is kept about oneself, as a file."""
        kept = await retried(auth.export_account, found.user, client_of(request, config.trusted_proxies))
        text = Export.of(kept, found.session_id, auth.policies.verification).model_dump_json(indent=2)
        return Response(
            text, headers={"Content-Disposition": 'attachment; filename="account.json"'}, media_type="application/json"
        )

    @routes.post(f"{PATH}/delete", openapi_extra=FORM)
    async def delete(request: Request, found: Visitor, current_password: Typed = "") -> Response:
        """Close the account."""
        client = client_of(request, config.trusted_proxies)
        try:
            closes_at = await retried(auth.close_account, found, Password.typed(current_password), client)
        except AuthError as error:
            return pages.show(request, "data", refused=error, found=found)
        left = see_other("/?done=closed" if closes_at else "/?done=deleted")
        security.cookies.clear(left)
        return left

    return routes
