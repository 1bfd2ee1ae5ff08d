"""The development inbox: a page and an API, never mounted in production."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel

from doorward.http.config import CaughtMail, HttpConfig, Inbox
from doorward.http.pages.rendering import Pages
from doorward.http.routing import new_router, refusals
from doorward.http.security import Security


class InboxMessage(BaseModel):
    """A caught letter."""

    id: UUID
    to: str
    subject: str
    text: str
    html: str
    code: str | None
    link: str | None
    received_at: datetime

    @classmethod
    def of(cls, caught: CaughtMail) -> "InboxMessage":
        """Show one."""
        mail = {name: getattr(caught.mail, name) for name in cls.model_fields if hasattr(caught.mail, name)}
        return cls(**mail, received_at=caught.received_at)


class InboxMessages(BaseModel):
    """Caught letters, newest first."""

    messages: list[InboxMessage]


def router(config: HttpConfig, inbox: Inbox) -> APIRouter:
    """Routes of the inbox."""
    routes, pages = new_router("Development", prefix="/dev/inbox"), Pages(config)

    @routes.get("", include_in_schema=False)
    async def inbox_page(request: Request) -> HTMLResponse:
        """The letters for people."""
        return pages.show(request, "inbox", messages=await inbox.messages())

    @routes.post("/clear", include_in_schema=False)
    async def clear_by_form(request: Request) -> RedirectResponse:
        """Delete all, from the page."""
        Security(config).must_be_same_site(request)
        await inbox.clear()
        return RedirectResponse("/dev/inbox", 303)

    @routes.get("/messages", response_model=InboxMessages, responses=refusals("validation_failed"))
    async def list_inbox(
        to: Annotated[str | None, Query(max_length=320)] = None, wait: Annotated[float, Query(ge=0, le=60)] = 0
    ) -> InboxMessages:
        """Caught letters, newest first; with `wait` (seconds), until one is there."""
        found = await inbox.messages(to=to, wait=wait)
        return InboxMessages(messages=[InboxMessage.of(caught) for caught in found])

    @routes.delete("/messages", status_code=204)
    async def clear_inbox() -> Response:
        """Delete all."""
        await inbox.clear()
        return Response(status_code=204)

    return routes
