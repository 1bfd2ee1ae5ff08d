"""Ways out of the house."""

from collections.abc import Mapping
from typing import Protocol

from doorward.domain.messages import Mail, MessageKind


class DeliveryFailed(Exception):
    """It did not go out; `is_final` says that trying again is useless."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


class Mailer(Protocol):
    """Hands letters to a mail server, or text messages to an SMS service."""

    async def send(self, mail: Mail) -> None:
        """Return when the server has taken it; DeliveryFailed otherwise."""

    async def check(self) -> None:
        """Raise Unavailable unless the server answers."""


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
