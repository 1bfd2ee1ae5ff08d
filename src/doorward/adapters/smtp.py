"""Mail by SMTP."""

import asyncio
import ipaddress
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from typing import Literal
from urllib.parse import parse_qs, unquote

import aiosmtplib

from doorward.domain.errors import Unavailable
from doorward.domain.messages import Mail
from doorward.domain.urls import split_url
from doorward.ports.delivery import DeliveryFailed

TIMEOUT = 5.0
WHOLE_TIMEOUT = 10.0
SHAPE = "smtp://user:password@host:587?tls=start or smtps://user:password@host"
Tls = Literal["start", "implicit", "off"]


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where and how to hand mail over."""

    host: str
    port: int
    tls: Tls
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> "SmtpServer":
        """Read `smtp://user:password@host:587?tls=start` or `smtps://…`.

        Without `tls`, smtp:// is plain on loopback and demands STARTTLS anywhere else.

        Raises:
            ValueError: what is wrong with the URL; it never repeats the password.
        """
        parts = split_url(url, shape=SHAPE)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError(f"write it as {SHAPE}")
        asked = parse_qs(parts.query).get("tls", [None])[-1]
        if asked not in (None, "start", "off"):
            raise ValueError("tls is either start or off")
        implicit = parts.scheme == "smtps"
        tls: Tls = "implicit" if implicit else _tls(asked, parts.hostname)
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if implicit else 587),
            tls=tls,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


def _tls(asked: str | None, host: str) -> Tls:
    if asked == "start":
        return "start"
    return "off" if asked == "off" or is_loopback(host) else "start"


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class SmtpMailer:
    """Hands each letter over in a connection of its own."""

    def __init__(self, server: SmtpServer, *, sender: str, logo: bytes | None = None) -> None:
        self._server = server
        self._sender = sender
        self._logo = logo

    async def send(self, mail: Mail) -> None:
        message = self._message(mail)
        try:
            async with asyncio.timeout(WHOLE_TIMEOUT), self._client() as client:
                await client.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [recipient.code for recipient in error.recipients]
            raise _failed("recipient refused", max(codes, default=0)) from None
        except aiosmtplib.SMTPDataError as error:
            raise _failed("letter refused", error.code) from None
        except aiosmtplib.SMTPResponseException as error:
            # What is wrong with our account or sender can be put right; the letter is not to blame.
            raise DeliveryFailed(f"refused by the mail server ({error.code})") from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise DeliveryFailed(f"no mail server: {type(error).__name__}") from None

    async def check(self) -> None:
        try:
            async with self._client(timeout=2.0) as client:
                await client.noop()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise Unavailable("mail") from error

    def _client(self, timeout: float = TIMEOUT) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "start",
            username=server.username,
            password=server.password,
            timeout=timeout,
        )

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        try:
            message["To"] = Address(addr_spec=mail.to)
            message["Subject"] = mail.subject
        except (ValueError, IndexError, HeaderParseError):
            # A line break or a second recipient: nothing that a person typed may add a header or a reader.
            raise DeliveryFailed("no proper recipient or subject", is_final=True) from None
        message["Date"] = formatdate(usegmt=True)
        # The same id each time, so that a letter sent twice can be recognised.
        message["Message-ID"] = f"<{mail.id}@{self._sender.rpartition('@')[2].rstrip('>')}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        html = message.get_body(("html",))
        if self._logo and html:
            html.add_related(self._logo, "image", "png", cid="<logo>", disposition="inline")
        message["Content-Language"] = mail.language
        return message


def _failed(reason: str, code: int) -> DeliveryFailed:
    return DeliveryFailed(f"{reason} ({code})", is_final=code >= 500)
