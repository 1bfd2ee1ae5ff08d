"""All letters that this service sends, as samples in each language."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from doorward.domain.actor import Actor
from doorward.domain.errors import NotFound
from doorward.domain.messages import Mail, MessageKind
from doorward.http.config import HttpConfig
from doorward.http.pages.branded import Look, framed
from doorward.http.pages.console.shell import CONSOLE, Console
from doorward.http.pages.rendering import with_frame
from doorward.languages import OFFERED, speech

PATH = f"{CONSOLE}/mail"
LETTERS = tuple(kind for kind in MessageKind if kind.is_letter)
A_NUMBER = "+15550100"


class _Asked(BaseModel):
    """Which letter, how; without a language, in the reader's own."""

    kind: str = Field(LETTERS[0].value, max_length=50)
    language: str = Field("", max_length=10)
    look: Look = "system"

    def sample(self, console: Console, *, usual: str, to: str = "") -> Mail:
        """The letter, with a code and a link that do not work.

        Raises:
            NotFound: there is no such letter, or no such language.
        """
        language = self.language or usual
        if self.kind not in LETTERS or language not in OFFERED:
            raise NotFound
        named = {"to": to} if to else {}
        return console.auth.manage_outbox.mint.sample(MessageKind(self.kind), language=language, **named)


def router(config: HttpConfig) -> APIRouter:
    """One letter at a time."""
    console = Console(config)
    routes = console.router()
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.get(PATH)
    async def gallery_page(request: Request, actor: Admin, asked: Annotated[_Asked, Query()]) -> Response:
        """A letter as it looks, as text, and as a text message."""
        usual = console.speech(request).language
        mail, sms = asked.sample(console, usual=usual), asked.sample(console, usual=usual, to=A_NUMBER)
        spoken = [speech(language) for language in OFFERED]
        shown: dict[str, Any] = {"asked": asked, "mail": mail, "sms": sms, "letters": LETTERS, "spoken": spoken}
        return with_frame(console.show(request, actor, "gallery", **shown))

    @routes.get(f"{PATH}/html")
    async def letter_html(request: Request, actor: Admin, asked: Annotated[_Asked, Query()]) -> Response:
        """The letter itself, in a frame that may do nothing."""
        return framed(asked.sample(console, usual=console.speech(request).language).html, config.brand, asked.look)

    return routes
