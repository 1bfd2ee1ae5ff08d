"""Ways out of the house."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Protocol

from doorward.domain.messages import Mail, MessageKind


class Cause(StrEnum):
    """Why a mail server did not take a letter, as far as that decides what to do about it."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    NO_TLS = "no_tls"
    CERTIFICATE = "certificate"
    NO_AUTH = "no_auth"
    PASSWORD = "password"
    SENDER = "sender"
    RECIPIENT = "recipient"
    LETTER = "letter"
    OTHER = "other"


class Voice(StrEnum):
    """Who says a line: we, the server, or neither of the two."""

    CLIENT = "client"
    SERVER = "server"
    NOTE = "note"


Hear = Callable[[Voice, str], None]
"""Told each line of a conversation when it is said, without any secret."""


class DeliveryFailed(Exception):
    """It did not go out; `is_final` says that trying again is useless."""

    def __init__(self, reason: str, *, is_final: bool = False, cause: Cause = Cause.OTHER) -> None:
        super().__init__(reason)
        self.is_final = is_final
        self.cause = cause


class Mailer(Protocol):
    """Hands letters to a mail server, or text messages to an SMS service."""

    async def send(self, mail: Mail, hear: Hear | None = None) -> None:
        """Return when the server has taken it; DeliveryFailed otherwise. `hear` listens, where there is a talk."""

    async def check(self) -> None:
        """Raise Unavailable unless the server answers."""

    async def close(self) -> None:
        """Let go of connections that are kept for the next letter."""


class EventPublisher(Protocol):
    """Tells the outside what happened."""

    async def ready(self) -> None:
        """Raise Unavailable unless events are taken now."""

    async def publish(self, event: Mapping[str, object]) -> None:
        """Return when the event is safe; DeliveryFailed otherwise."""


class LetterWriter(Protocol):
    """Turns an intent and its freshly minted secrets into words."""

    def write(self, kind: MessageKind, params: Mapping[str, object], language: str) -> tuple[str, str, str]:
        """Subject, text and HTML of a letter."""

    def write_text(self, kind: MessageKind, params: Mapping[str, object], language: str) -> str:
        """The words of a text message."""
