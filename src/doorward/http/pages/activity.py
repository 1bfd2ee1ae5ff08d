"""What happened to one's account."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from doorward.auth import retried
from doorward.domain.actor import Current
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.pages.rendering import Pages
from doorward.http.pages.routes import FORM, Asked, page_router, see_other
from doorward.http.security import Security
from doorward.ports.store import AuditQuery

PAGE_SIZE = 25


def router(config: HttpConfig) -> APIRouter:
    """A timeline, and what to do if some of it was somebody else."""
    auth, pages, security, routes = config.auth, Pages(config), Security(config), page_router(config)
    Visitor = Annotated[Current, Depends(Security(config).current_by_cookie())]  # noqa: N806 - a type

    @routes.get("/account/activity")
    async def activity_page(request: Request, found: Visitor, cursor: Asked = "") -> Response:
        """The newest first."""
        query = AuditQuery(limit=PAGE_SIZE, cursor=cursor or None)
        page = await auth.read_audit_log.own(query, found.user.id)
        return pages.show(request, "activity", found=found, page=page, is_first=not cursor)

    @routes.post("/account/activity/not-me", openapi_extra=FORM)
    async def not_me(request: Request, found: Visitor) -> Response:
        """Sign out everywhere, here too, and send a link for a new password."""
        client = client_of(request, config.trusted_proxies)
        await retried(auth.sign_out.others, found, client)
        await retried(auth.forgot_password, found.user.identifiers()[0].value, client)
        await retried(auth.sign_out, found, found.session_id, client)
        left = see_other("/forgot-password?done=not-me")
        security.cookies.clear(left)
        return left

    return routes
