"""`doorward mail`."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from doorward.cli.running import JsonOption, ProfileOption, show, unopened
from doorward.domain.messages import USUAL_LANGUAGE, MessageKind
from doorward.http.mail_trial import advice, as_record, milliseconds
from doorward.languages import OFFERED
from doorward.ports.delivery import Voice
from doorward.use_cases.send_test_mail import MailTrial

commands = typer.Typer(help="Letters and text messages.", no_args_is_help=True)
LETTERS = tuple(kind.value for kind in MessageKind if kind.is_letter)
A_NUMBER = "+15550100"
SIGNS = {Voice.CLIENT: ">", Voice.SERVER: "<", Voice.NOTE: "*"}


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
    """Show what a letter says, with a code and a link that do not work; no database is needed.

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
    """Send a test letter through SMTP_URL and show the conversation with the server; no database is needed.

    Each line stands with the time since the beginning: > is ours, < the server's. Name and password are never shown.

    Example: doorward mail test you@your-domain.example
    """
    with unopened(profile) as service:
        if service.settings.smtp_url is None:
            raise ValueError("SMTP_URL is not set, so there is no mail server to try.")
        trial = asyncio.run(service.auth.send_test_mail(address, language))
    if as_json:
        show(as_record(trial), as_json=True)
    else:
        _tell(trial)
    if not trial.is_taken:
        raise typer.Exit(1)


def _tell(trial: MailTrial) -> None:
    """The conversation, what came of it, and what to do."""
    for line in trial.lines:
        typer.echo(f"{milliseconds(line.at):>6} ms  {SIGNS[line.voice]} {line.text}")
    if trial.is_taken:
        typer.echo(f"Taken by the server in {milliseconds(trial.took)} ms; see whether it arrives.")
    else:
        sys.stderr.write(f"doorward: It was not taken: {trial.reason}.\n          {advice(trial)}\n")
