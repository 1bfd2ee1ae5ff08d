"""Mail and text messages: the server answers, and a test mail is taken."""

from collections.abc import AsyncIterator

from doorward.bootstrap import Service
from doorward.cli.checkups.finding import Finding
from doorward.domain.errors import InvalidInput, Unavailable
from doorward.http.checks import REMEDIES
from doorward.http.mail_trial import advice, milliseconds


async def check_ways_out(service: Service, mail_to: str | None) -> AsyncIterator[Finding]:
    """Reach the mail server and the SMS service; with an address, send a mail for real."""
    settings, parts = service.settings, service.auth.parts
    if not settings.smtp_url:
        yield Finding.note("mail", "SMTP_URL is not set: `dev` catches mail in its inbox.", "`serve` needs SMTP_URL.")
    else:
        try:
            await parts.mailer.check()
            yield Finding.ok("mail", "the server answers, and takes the name and password if there are any")
        except Unavailable as error:
            yield Finding.wrong("mail", f"The server does not answer ({error.__cause__}).", REMEDIES["mail"].fix)
    if mail_to:
        yield await _send(service, mail_to)
    if parts.texter is not None:
        try:
            await parts.texter.check()
            yield Finding.ok("sms", "something listens at SMS_URL")
        except Unavailable as error:
            yield Finding.wrong("sms", f"Nothing listens at SMS_URL ({error.__cause__}).", REMEDIES["sms"].fix)


async def _send(service: Service, mail_to: str) -> Finding:
    try:
        trial = await service.auth.send_test_mail(mail_to)
    except InvalidInput:
        return Finding.wrong("test mail", "--mail-to is no address.", "Write it as you@your-domain.example")
    if not trial.is_taken:
        return Finding.wrong("test mail", f"It was not taken: {trial.reason}.", advice(trial))
    return Finding.ok("test mail", f"taken by the server in {milliseconds(trial.took)} ms; see whether it arrives")
