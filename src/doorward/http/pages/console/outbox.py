"""What waits to leave the house: letters, text messages, events."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from doorward.auth import retried
from doorward.domain.actor import Actor
from doorward.domain.errors import NotFound
from doorward.http.config import HttpConfig
from doorward.http.pages.branded import framed
from doorward.http.pages.console.acts import reason_of
from doorward.http.pages.console.shell import CONSOLE, Console
from doorward.http.pages.forms import typed_form
from doorward.http.pages.rendering import with_frame
from doorward.http.pages.routes import FORM, Asked, see_other
from doorward.ports.outbox import OutboxState

PATH = f"{CONSOLE}/outbox"
PAGE_SIZE = 25


class _Asked(BaseModel):
    """Which entries; `done` and `n` say what was just done."""

    state: str = Field("", max_length=20)
    cursor: str = Field("", max_length=200)
    done: str = Field("", max_length=20)
    n: int = Field(0, ge=0, le=10**9)


def router(config: HttpConfig) -> APIRouter:
    """The list, each entry, and what can be done about them."""
    console = Console(config)
    routes = console.router()
    _add_looks(routes, console)
    _add_retries(routes, console)
    return routes


def _add_looks(routes: APIRouter, console: Console) -> None:
    manage = console.auth.manage_outbox
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.get(PATH)
    async def outbox_page(request: Request, actor: Admin, asked: Annotated[_Asked, Query()]) -> Response:
        """What waits, newest first, and what was just done."""
        chosen = OutboxState(asked.state) if asked.state in list(OutboxState) else None
        look = await manage(actor, state=chosen, limit=PAGE_SIZE, cursor=asked.cursor or None)
        shown: dict[str, Any] = {"done": asked.done, "n": asked.n, "state": chosen, "is_first": not asked.cursor}
        return console.show(request, actor, "outbox", look=look, **shown)

    @routes.get(f"{PATH}/{{entry_id}}")
    async def entry_page(request: Request, entry_id: UUID, actor: Admin, done: Asked = "") -> Response:
        """One of them, and what it will say."""
        entry = await manage.one(entry_id, actor)
        can_retry, letter = manage.can_retry(entry), manage.letter(entry, actor)
        shown: dict[str, Any] = {"entry": entry, "can_retry": can_retry, "letter": letter, "done": done}
        return with_frame(console.show(request, actor, "outbox_entry", **shown))

    @routes.get(f"{PATH}/{{entry_id}}/html")
    async def entry_html(entry_id: UUID, actor: Admin) -> Response:
        """What it will say, as it will look, in a frame that may do nothing."""
        letter = manage.letter(await manage.one(entry_id, actor), actor)
        if letter is None or not letter.html:
            raise NotFound
        return framed(letter.html, console.config.brand)


def _add_retries(routes: APIRouter, console: Console) -> None:
    manage = console.auth.manage_outbox
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.post(f"{PATH}/given-up/retry", openapi_extra=FORM)
    async def retry_given_up(request: Request, actor: Admin) -> Response:
        """Try all again that were given up."""
        count = await retried(manage.retry_given_up, actor, reason_of(await typed_form(request)))
        return see_other(f"{PATH}?done=all&n={count}")

    @routes.post(f"{PATH}/{{entry_id}}/retry", openapi_extra=FORM)
    async def retry(request: Request, entry_id: UUID, actor: Admin) -> Response:
        """Try one at once."""
        is_tried = await manage.retry(entry_id, actor, reason_of(await typed_form(request)))
        return see_other(f"{PATH}?done=one" if is_tried else f"{PATH}/{entry_id}?done=not")
