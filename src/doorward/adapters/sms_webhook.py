"""Text messages by an HTTPS webhook: whoever sends them for the operator, or a few lines in front of it."""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx2

from doorward.domain.errors import Unavailable
from doorward.domain.messages import Mail
from doorward.domain.urls import split_url
from doorward.ports.delivery import DeliveryFailed, Hear

TIMEOUT = 5.0
WHOLE_TIMEOUT = 10.0
SHAPE = "https://user:password@host/path"


@dataclass(frozen=True, slots=True)
class SmsService:
    """Where text messages are posted to, and the credentials for it (HTTP Basic)."""

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> "SmsService":
        """Read `https://user:password@host/path`; plain http only on loopback.

        Raises:
            ValueError: what is wrong with the URL; it never repeats the password.
        """
        parts = split_url(url, shape=SHAPE)
        is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if not parts.hostname or parts.scheme not in ("https", "http") or (parts.scheme == "http" and not is_here):
            raise ValueError(f"write it as {SHAPE}")
        plain = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
        return cls(plain, unquote(parts.username or "") or None, unquote(parts.password or "") or None)


class SmsWebhook:
    """Posts each text message as JSON; any 2xx means that it was taken."""

    def __init__(self, service: SmsService) -> None:
        self._service = service

    async def send(self, mail: Mail, hear: Hear | None = None) -> None:
        body = {"id": str(mail.id), "to": mail.to, "text": mail.text}
        # The same key each time, so that a message posted twice can be recognised.
        headers = {"Idempotency-Key": str(mail.id)}
        try:
            async with (
                asyncio.timeout(WHOLE_TIMEOUT),
                self._client() as client,
                client.stream("POST", self._service.url, json=body, headers=headers) as answer,
            ):
                is_taken = answer.is_success  # nothing else is read: it may be longer than the memory
        except (httpx2.HTTPError, OSError, TimeoutError) as error:
            raise DeliveryFailed(f"no SMS service: {type(error).__name__}") from None
        if not is_taken:
            is_final = answer.status_code in (400, 404, 410, 422)
            raise DeliveryFailed(f"refused by the SMS service ({answer.status_code})", is_final=is_final)

    async def check(self) -> None:
        """Raise Unavailable unless something listens there: a message for trying would cost money."""
        parts = urlsplit(self._service.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            async with asyncio.timeout(2.0):
                _, writer = await asyncio.open_connection(parts.hostname, port)
        except (OSError, TimeoutError) as error:
            raise Unavailable("sms") from error
        writer.close()

    async def close(self) -> None:
        """Nothing is kept: text messages are few."""

    def _client(self) -> httpx2.AsyncClient:
        service = self._service
        credentials = (service.username, service.password or "") if service.username else None
        return httpx2.AsyncClient(timeout=TIMEOUT, auth=credentials, follow_redirects=False, trust_env=False)
