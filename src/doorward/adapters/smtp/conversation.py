"""An SMTP client that can be overheard: each line that it says and hears, without secrets."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiosmtplib

from doorward.adapters.smtp.masking import DOTS, Mask
from doorward.ports.delivery import Hear, Voice

MAX_LINES = 40
CHALLENGE = 334


class NotOffered(aiosmtplib.SMTPException):
    """The server does not speak of what we have to insist on."""


class OverheardSmtp(aiosmtplib.SMTP):
    """Connects, encrypts and signs in step by step, by nothing but the client's public methods."""

    def __init__(
        self, *, username: str | None, password: str | None, start_tls: bool, hear: Hear | None, **options: Any
    ) -> None:
        super().__init__(start_tls=False, **options)
        self._credentials = (username, password or "") if username else None
        self._must_encrypt = start_tls
        self._hear = hear
        self._mask = Mask(username, password)
        self._is_proving = False

    async def connect(self, **options: Any) -> aiosmtplib.SMTPResponse:
        """Connect, and do what has to be done before a letter may be handed over."""
        self.note(f"connecting to {self.hostname} port {self.port}{', encrypted at once' if self.use_tls else ''}")
        with self._hearing_refusals():
            greeting = await super().connect(**options)
        try:
            if self.use_tls:
                self._note_encryption()
            self._heard(greeting)
            if self._must_encrypt:
                await self.starttls()
            if self._credentials:
                await self.login(*self._credentials)
        except BaseException:
            self.close()
            raise
        return greeting

    async def starttls(self, **options: Any) -> aiosmtplib.SMTPResponse:
        """Encrypt; a server that does not offer it gets nothing."""
        await self._learn_abilities()
        if not self.supports_extension("starttls"):
            raise NotOffered("the server offers no STARTTLS")
        self._said("STARTTLS")
        with self._hearing_refusals():
            response = await super().starttls(**options)
        self._heard(response)
        self._note_encryption()
        return response

    async def login(self, username: str | bytes, password: str | bytes, /, *args: Any) -> aiosmtplib.SMTPResponse:
        """Prove who we are; what is sent meanwhile is secret."""
        await self._learn_abilities()
        if not self.supports_extension("auth"):
            raise NotOffered("the server offers no AUTH")
        self._is_proving = True
        try:
            return await super().login(username, password, *args)
        finally:
            self._is_proving = False

    async def execute_command(self, *args: bytes, **options: Any) -> aiosmtplib.SMTPResponse:
        """Say a command and hear the answer."""
        if self._is_proving:
            self._said_secretly(args)
        else:
            self._said(b" ".join(args).decode("utf-8", "replace"))
        with self._hearing_refusals():
            response = await super().execute_command(*args, **options)
        self._heard(response)
        return response

    async def data(self, message: str | bytes, /, **options: Any) -> aiosmtplib.SMTPResponse:
        """Hand the letter over; of it only the size is said."""
        self._said(f"DATA ({len(message)} octets)")
        with self._hearing_refusals():
            response = await super().data(message, **options)
        self._heard(response)
        return response

    def note(self, text: str) -> None:
        """Say what neither of the two said."""
        self._tell(Voice.NOTE, text, self._mask.heard)

    @contextmanager
    def _hearing_refusals(self) -> Iterator[None]:
        """What the client raises instead of returning it was said all the same."""
        try:
            yield
        except aiosmtplib.SMTPResponseException as error:
            self._heard(aiosmtplib.SMTPResponse(error.code, error.message))
            raise

    async def _learn_abilities(self) -> None:
        if self.is_ehlo_or_helo_needed:
            await self.ehlo()

    def _said(self, text: str) -> None:
        self._tell(Voice.CLIENT, text, self._mask.sent)

    def _said_secretly(self, args: tuple[bytes, ...]) -> None:
        """Only the mechanism is said: AUTH PLAIN, AUTH LOGIN or AUTH CRAM-MD5 (RFC 4954)."""
        known = args[:2] if args[0] == b"AUTH" else ()
        self._mask.learn(args[len(known) :])
        shown = [part.decode("ascii") for part in known] + ([DOTS] if len(args) > len(known) else [])
        self._tell(Voice.CLIENT, " ".join(shown))

    def _heard(self, response: aiosmtplib.SMTPResponse) -> None:
        """Line by line, as it came over the wire."""
        if response.code < 0:  # the client's word for what is no answer at all
            self.note(response.message.strip())
            return
        if self._hear is None:
            return
        lines = response.message.encode("utf-8", "replace").decode("utf-8").split("\n")[:MAX_LINES]
        for number, line in enumerate(lines, 1):
            shown = DOTS if response.code == CHALLENGE and line else self._mask.heard(line)
            self._tell(Voice.SERVER, f"{response.code}{' ' if number == len(lines) else '-'}{shown}".rstrip())

    def _note_encryption(self) -> None:
        secured: ssl.SSLObject | None = self.get_transport_info("ssl_object")
        self.note(f"encrypted: {secured.version()}" if secured else "encrypted")

    def _tell(self, voice: Voice, text: str, masked: Callable[[str], str] = str) -> None:
        """Pass on what is safe to read, if anybody listens: most letters leave unheard."""
        if self._hear is not None:
            self._hear(voice, masked(text))
