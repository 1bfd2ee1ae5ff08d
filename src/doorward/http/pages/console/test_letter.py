"""A test letter to the administrator who asks, and all that the mail server said."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from doorward.domain.actor import Actor
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.mail_trial import advice, milliseconds
from doorward.http.pages.console.shell import CONSOLE, Console
from doorward.http.pages.routes import FORM

PATH = f"{CONSOLE}/mail/test"


def router(config: HttpConfig) -> APIRouter:
    """The page, and what it says afterwards."""
    console = Console(config)
    routes = console.router()
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.get(PATH)
    async def test_letter_page(request: Request, actor: Admin) -> Response:
        """Ask whether it is wanted."""
        return console.show(request, actor, "test_letter", trial=None)

    @routes.post(PATH, openapi_extra=FORM, dependencies=[Depends(limited(config, "forgot"))])
    async def send_test(request: Request, actor: Admin) -> Response:
        """Send one, and show the conversation with the mail server, whatever came of it."""
        trial = await console.auth.send_test_mail.to_self(actor, console.speech(request).language)
        shown: dict[str, Any] = {"trial": trial, "advice": advice(trial), "milliseconds": milliseconds}
        return console.show(request, actor, "test_letter", status=200 if trial.is_taken else 503, **shown)

    return routes
