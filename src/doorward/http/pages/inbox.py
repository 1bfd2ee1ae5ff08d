"""The development inbox: a page and an API, never mounted in production."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from doorward.domain.errors import NotFound
from doorward.http.config import CaughtMail, HttpConfig, Inbox
from doorward.http.pages.branded import Look, framed
from doorward.http.pages.rendering import Pages, with_frame
from doorward.http.pages.routes import FORM, page_router, see_other
from doorward.http.routing import new_router, refusals

PATH = "/dev/inbox"
View = Literal["html", "text", "source"]


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
    """The API, then the pages: a letter's page would take its paths."""
    routes = new_router("Development", prefix=PATH)
    _add_api(routes, inbox)
    both = APIRouter()
    both.include_router(routes)
    pages = page_router(config)
    _add_list(pages, config, inbox)
    _add_letter(pages, config, inbox)
    both.include_router(pages)
    return both


def _add_api(routes: APIRouter, inbox: Inbox) -> None:
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


def _add_list(routes: APIRouter, config: HttpConfig, inbox: Inbox) -> None:
    pages = Pages(config)

    @routes.get(PATH)
    async def inbox_page(request: Request) -> Response:
        """All letters."""
        messages = await inbox.messages()
        seen = await asyncio.gather(*(config.auth.see_letter(caught.mail) for caught in messages))
        states = {caught.mail.id: state for caught, state in zip(messages, seen, strict=True)}
        return pages.show(request, "inbox", messages=messages, states=states, state=_state(messages))

    @routes.get(f"{PATH}/state")
    async def inbox_state() -> dict[str, str]:
        """What changes with each letter, for the script that looks for new ones."""
        return {"state": _state(await inbox.messages())}

    @routes.post(f"{PATH}/clear", openapi_extra=FORM)
    async def clear_by_form() -> Response:
        """Delete all."""
        await inbox.clear()
        return see_other(PATH)


def _add_letter(routes: APIRouter, config: HttpConfig, inbox: Inbox) -> None:
    pages = Pages(config)

    async def found(mail_id: UUID) -> CaughtMail:
        caught = await inbox.find(mail_id)
        if caught is None:
            raise NotFound
        return caught

    Caught = Annotated[CaughtMail, Depends(found)]  # noqa: N806 - a type

    @routes.get(PATH + "/{mail_id}")
    async def letter_page(request: Request, caught: Caught, view: View = "html", look: Look = "system") -> Response:
        """One letter."""
        chosen = view if caught.mail.html else "text"
        state = await config.auth.see_letter(caught.mail)
        return with_frame(pages.show(request, "letter", caught=caught, state=state, view=chosen, look=look))

    @routes.get(PATH + "/{mail_id}/html")
    async def letter_html(caught: Caught, look: Look = "system") -> Response:
        """The letter itself, in a frame that may do nothing."""
        return framed(caught.mail.html, config.brand, look)

    @routes.post(PATH + "/{mail_id}/delete", openapi_extra=FORM)
    async def delete_letter(mail_id: UUID) -> Response:
        """Delete one."""
        await inbox.remove(mail_id)
        return see_other(PATH)


def _state(messages: Sequence[CaughtMail]) -> str:
    return f"{len(messages)}-{messages[0].mail.id if messages else ''}"
