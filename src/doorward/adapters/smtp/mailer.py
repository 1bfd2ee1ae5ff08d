"""Mail by SMTP."""

import asyncio
import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import parse_qs, unquote

import aiosmtplib

from doorward.adapters.smtp.connections import LOST, KeptConnections
from doorward.adapters.smtp.conversation import OverheardSmtp
from doorward.adapters.smtp.failures import failure
from doorward.domain.errors import Unavailable
from doorward.domain.messages import Mail
from doorward.domain.urls import split_url
from doorward.ports.delivery import Cause, DeliveryFailed, Hear

TIMEOUT, CHECK_TIMEOUT = 5.0, 2.0
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


class PlainHeaders(EmailPolicy):
    """Keeps headers as they are given: nobody here looks at their parts, and taking them apart takes a millisecond.

    Line breaks are refused as ever, and what is not ASCII still gets its own form.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Check a header, and take it apart only if it has to be written in another form."""
        text = str(value)
        if not text.isascii() or len(text.splitlines()) > 1:
            return super().header_store_parse(name, value)
        return _taken_apart(name, text) if name.startswith("Content-") else (name, text)


@lru_cache(maxsize=32)
def _taken_apart(name: str, text: str) -> tuple[str, Any]:
    """A header that is looked at when parts are added, time and again; nearly all of them are in every letter."""
    return EmailPolicy().header_store_parse(name, text)


class SmtpMailer:
    """Hands letters over, one after the other in a connection; what is overheard has one of its own."""

    def __init__(self, server: SmtpServer, *, sender: str, logo: bytes | None = None, timeout: float = TIMEOUT) -> None:
        self._server = server
        self._sender, self._address = sender, parseaddr(sender)[1]
        self._logo = logo
        self._timeout = timeout
        self._own_name: str | None = None  # asked of the system at the first connection, which may take it long
        self._kept = KeptConnections(lambda: self._client(self._timeout))

    async def send(self, mail: Mail, hear: Hear | None = None) -> None:
        message, overheard = self._message(mail), self._client(self._timeout, hear) if hear else None
        try:
            async with asyncio.timeout(WHOLE_TIMEOUT), overheard or self._kept.lent() as client:
                self._own_name = client.local_hostname
                await client.send_message(message, sender=self._address, recipients=[mail.to])
        except LOST as error:
            is_said = isinstance(error, (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused))
            if overheard and not is_said:
                overheard.note(str(error) or f"no end within {WHOLE_TIMEOUT:.0f} s")
            raise failure(error) from None

    async def close(self) -> None:
        await self._kept.close()

    async def check(self) -> None:
        try:
            async with self._client(CHECK_TIMEOUT) as client:
                await client.noop()
        except LOST as error:
            raise Unavailable("mail") from error

    def _client(self, timeout: float, hear: Hear | None = None) -> OverheardSmtp:
        server = self._server
        return OverheardSmtp(
            hostname=server.host,
            port=server.port,
            local_hostname=self._own_name,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "start",
            username=server.username,
            password=server.password,
            timeout=timeout,
            hear=hear,
        )

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(PlainHeaders())
        message["From"] = self._sender
        try:
            message["To"] = Address(addr_spec=mail.to)
            message["Subject"] = mail.subject
        except (ValueError, IndexError, HeaderParseError):
            # A line break or a second recipient: nothing that a person typed may add a header or a reader.
            raise DeliveryFailed("no proper recipient or subject", is_final=True, cause=Cause.LETTER) from None
        message["Date"] = format_datetime(datetime.now(UTC))
        # The same id each time, so that a letter sent twice can be recognised.
        message["Message-ID"] = f"<{mail.id}@{self._sender.rpartition('@')[2].rstrip('>')}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        if self._logo and (html := message.get_body(("html",))):
            html.add_related(self._logo, "image", "png", cid="<logo>", disposition="inline")
        message["Content-Language"] = mail.language
        return message
