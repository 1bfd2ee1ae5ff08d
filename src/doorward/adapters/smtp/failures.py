"""What an error of the SMTP client means: why the letter was not taken, and whether trying again is useless."""

import ssl

import aiosmtplib

from doorward.adapters.smtp.conversation import NotOffered
from doorward.ports.delivery import Cause, DeliveryFailed


def failure(error: Exception) -> DeliveryFailed:
    """Only what is wrong with the recipient or the letter is final.

    What is wrong with our account or sender can be put right; the letter is not to blame.
    """
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [recipient.code for recipient in error.recipients]
        return _refused("recipient refused", max(codes, default=0), Cause.RECIPIENT)
    if isinstance(error, aiosmtplib.SMTPDataError):
        return _refused("letter refused", error.code, Cause.LETTER)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return DeliveryFailed(f"refused by the mail server ({error.code})", cause=_cause_of_answer(error))
    if isinstance(error, NotOffered):
        return DeliveryFailed(str(error), cause=Cause.NO_AUTH if "AUTH" in str(error) else Cause.NO_TLS)
    return DeliveryFailed(f"no mail server: {type(error).__name__}", cause=_cause_of_break(error))


def _refused(reason: str, code: int, cause: Cause) -> DeliveryFailed:
    return DeliveryFailed(f"{reason} ({code})", is_final=code >= 500, cause=cause)


def _cause_of_answer(error: aiosmtplib.SMTPResponseException) -> Cause:
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return Cause.PASSWORD
    return Cause.SENDER if isinstance(error, aiosmtplib.SMTPSenderRefused) else Cause.OTHER


def _cause_of_break(error: Exception) -> Cause:
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return Cause.CERTIFICATE
    if isinstance(error, TimeoutError):
        return Cause.SILENT
    return Cause.UNREACHABLE if isinstance(error, OSError) else Cause.OTHER
