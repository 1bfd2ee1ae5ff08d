"""What to do where a mail server does not take a test letter, and the whole trial as JSON."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from doorward.languages import N_
from doorward.ports.delivery import Cause
from doorward.use_cases.send_test_mail import MailTrial

ADVICE: Mapping[Cause, str] = {
    Cause.UNREACHABLE: N_(
        "Nothing answers there. Check the host and the port in SMTP_URL, and whether a firewall lets this machine out; "
        "many networks close port 25."
    ),
    Cause.SILENT: N_(
        "It does not answer in time. Often a firewall swallows the connection, or the port expects encryption at once: "
        "try smtps:// and port 465."
    ),
    Cause.NO_TLS: N_(
        "The server offers no encryption on this port. Try smtps:// and port 465. Only inside a network of your own: "
        "add ?tls=off to SMTP_URL."
    ),
    Cause.CERTIFICATE: N_(
        "The connection could not be encrypted. The host in SMTP_URL must be the name in the server's certificate; "
        "name an authority of your own in SSL_CERT_FILE. Port 587 wants smtp://, port 465 smtps://."
    ),
    Cause.NO_AUTH: N_(
        "The server takes no user name here. Most take it only encrypted: add ?tls=start to SMTP_URL, or leave the "
        "user name and the password out."
    ),
    Cause.PASSWORD: N_(
        "Check the user name and the password in SMTP_URL. Signs such as @, : and / must be percent-encoded, and some "
        "providers want a password made for apps."
    ),
    Cause.SENDER: N_(
        "The server does not let you send from this address. Set DOORWARD_MAIL_FROM to one that it knows as yours."
    ),
    Cause.RECIPIENT: N_(
        "The server takes no mail for this address. If the address is right, the server may want you to sign in: put "
        "the user name and the password into SMTP_URL."
    ),
    Cause.LETTER: N_(
        "The server objects to the letter itself. Its answer says why: often it is the sender's domain (SPF, DKIM) or "
        "a limit."
    ),
    Cause.OTHER: N_("The end of the conversation says what happened. Check SMTP_URL, the account and the sender."),
}


def advice(trial: MailTrial) -> str:
    """What to do, before it is translated; nothing where the letter was taken."""
    return ADVICE[trial.cause] if trial.cause else ""


def milliseconds(lasted: timedelta) -> int:
    """As a whole number."""
    return round(lasted.total_seconds() * 1000)


def as_record(trial: MailTrial) -> dict[str, Any]:
    """All of it, for machines; `fix` is in English."""
    lines = [{"ms": milliseconds(line.at), "from": line.voice.value, "text": line.text} for line in trial.lines]
    took = milliseconds(trial.took)
    told = {"accepted": trial.is_taken, "ms": took if trial.is_taken else None, "reason": trial.reason}
    return told | {"fix": advice(trial) or None, "transcript": lines}
