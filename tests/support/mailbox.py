"""A real SMTP server that keeps what it is given, or refuses it when told to."""

import asyncio
import email
import email.policy
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from support.program import free_port

CODE = re.compile(r"^[0-9]{4,10}$", re.MULTILINE)
LINK = re.compile(r"^https?://\S+\?token=\S+$", re.MULTILINE)


class _Listener(Controller):
    """Hangs up when it stops: who is being talked to then would keep a connection that nobody closes."""

    def factory(self) -> SMTP:
        """One conversation."""
        conversation: SMTP = super().factory()
        self._conversations = [*getattr(self, "_conversations", []), conversation]
        return conversation

    def stop(self, no_assert: bool = False) -> None:
        """End all conversations, then the listening."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(timeout=5)
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        for conversation in getattr(self, "_conversations", []):
            if conversation.transport is not None:
                conversation.transport.abort()
        await asyncio.sleep(0.05)  # aborting takes one more turn


class Mailbox:
    """Everybody's mail. `count` asks for the n-th letter to an address, for when one came before."""

    def __init__(self) -> None:
        self._letters: list[tuple[str, EmailMessage]] = []
        self._raw: list[tuple[str, bytes]] = []
        self._arrived = threading.Condition()
        self._refusal: str | None = None
        self._port = free_port()
        self._controller: Controller | None = None

    def start(self) -> None:
        """Listen; after a `stop`, on the same port again."""
        self._controller = _Listener(self, hostname="127.0.0.1", port=self._port)
        self._controller.start()

    def stop(self) -> None:
        """Be gone: connections are refused until `start`."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def url(self) -> str:
        """Its SMTP_URL."""
        return f"smtp://127.0.0.1:{self._port}"

    def messages(self, address: str) -> list[EmailMessage]:
        """All letters to an address, oldest first."""
        with self._arrived:
            return [letter for to, letter in self._letters if to == address.lower()]

    def addresses(self) -> set[str]:
        """To whom letters came."""
        with self._arrived:
            return {to for to, _ in self._letters}

    def raw(self, address: str) -> list[bytes]:
        """The same byte for byte, as they came over the wire."""
        with self._arrived:
            return [content for to, content in self._raw if to == address.lower()]

    def wait_for(self, address: str, timeout: float = 10, *, count: int = 1) -> EmailMessage:
        """The newest letter to an address, as soon as there are at least `count`."""
        deadline = time.monotonic() + timeout
        with self._arrived:
            while len(found := self.messages(address)) < count:
                if not self._arrived.wait(max(0, deadline - time.monotonic())) and time.monotonic() > deadline:
                    raise TimeoutError(f"{len(found)} of {count} letters to {address} came in {timeout} s")
        return found[-1]

    def text(self, address: str, timeout: float = 10, *, count: int = 1) -> str:
        """The plain text of the newest letter to an address."""
        return text_of(self.wait_for(address, timeout, count=count))

    def code(self, address: str, timeout: float = 10, *, count: int = 1) -> str:
        """The code that stands alone on its line."""
        return _only(CODE, self.text(address, timeout, count=count))

    def link(self, address: str, timeout: float = 10, *, count: int = 1) -> str:
        """The link that stands alone on its line."""
        return self.link_in(self.wait_for(address, timeout, count=count))

    def link_in(self, letter: EmailMessage) -> str:
        """The link of a letter that one has already."""
        return _only(LINK, text_of(letter))

    @contextmanager
    def refusing(self, status: int) -> Iterator[None]:
        """Answer every letter with 451 (try again later) or 550 (never) meanwhile."""
        self._refusal = f"{status} not now"
        try:
            yield
        finally:
            self._refusal = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        if self._refusal is not None:
            return self._refusal
        letter = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
        with self._arrived:
            self._letters += [(to.lower(), letter) for to in envelope.rcpt_tos]
            self._raw += [(to.lower(), envelope.original_content or b"") for to in envelope.rcpt_tos]
            self._arrived.notify_all()
        return "250 kept"


def text_of(letter: EmailMessage) -> str:
    """The plain text of a letter."""
    part = letter.get_body(("plain",))
    return part.get_content().replace("\r\n", "\n") if part is not None else ""


def _only(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.findall(text)
    if len(found) != 1:
        raise AssertionError(f"{len(found)} lines match {pattern.pattern}")
    return found[0]
