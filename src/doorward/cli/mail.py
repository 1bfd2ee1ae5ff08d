"""`doorward mail`."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from doorward.cli.running import JsonOption, ProfileOption, show, unopened
from doorward.domain.messages import USUAL_LANGUAGE, MessageKind
from doorward.languages import OFFERED
from doorward.ports.delivery import DeliveryFailed

commands = typer.Typer(help="Letters and text messages.", no_args_is_help=True)
LETTERS = tuple(kind.value for kind in MessageKind if kind.is_letter)
A_NUMBER = "+15550100"


def _one_of(names: Sequence[str]) -> Callable[[str], str]:
    """A judge of what was typed."""

    def judge(typed: str) -> str:
        if typed not in names:
            raise typer.BadParameter(f"there are {', '.join(names)}")
        return typed

    return judge


KindArgument = Annotated[str, typer.Argument(callback=_one_of(LETTERS), help=f"Which: {', '.join(LETTERS)}.")]
LanguageOption = Annotated[
    str, typer.Option("--language", callback=_one_of(OFFERED), help=f"In which language: {', '.join(OFFERED)}.")
]


@commands.command("preview")
def preview(
    kind: KindArgument,
    language: LanguageOption = USUAL_LANGUAGE,
    html: Annotated[bool, typer.Option("--html", help="Its HTML alone, to be opened in a browser.")] = False,
    sms: Annotated[bool, typer.Option("--sms", help="The text message that goes to a number instead.")] = False,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a letter says, with a code and a link that are good for nothing; no database is needed.

    Example: doorward mail preview verify_email --language de
    """
    wanted = MessageKind(kind)
    with unopened(profile) as service:
        mint = service.auth.deliver_messages.mint
        mail, text = mint.sample(wanted, language=language), mint.sample(wanted, language=language, to=A_NUMBER).text
    if as_json:
        said: dict[str, Any] = {"kind": kind, "language": language, "subject": mail.subject}
        show(said | {"text": mail.text, "html": mail.html, "sms": text}, as_json=True)
    elif sms:
        typer.echo(text)
    else:
        typer.echo(mail.html if html else f"{mail.subject}\n\n{mail.text}", nl=False)


@commands.command("test")
def send_test(
    address: Annotated[str, typer.Argument(help="Who gets it.")],
    language: LanguageOption = USUAL_LANGUAGE,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a test letter through SMTP_URL and say what the server made of it; no database is needed.

    Example: doorward mail test you@your-domain.example
    """
    with unopened(profile) as service:
        if service.settings.smtp_url is None:
            raise ValueError("SMTP_URL is not set, so there is no mail server to try.")
        try:
            took = asyncio.run(service.auth.send_test_mail(address, language))
            outcome: dict[str, Any] = {"accepted": True, "ms": round(took.total_seconds() * 1000), "reason": None}
        except DeliveryFailed as failed:
            outcome = {"accepted": False, "ms": None, "reason": str(failed)}
    if as_json:
        show(outcome, as_json=True)
    elif outcome["accepted"]:
        typer.echo(f"Taken by the server in {outcome['ms']} ms; see whether it arrives.")
    else:
        sys.stderr.write(f"doorward: It was not taken: {outcome['reason']}.\n")
    if not outcome["accepted"]:
        raise typer.Exit(1)
