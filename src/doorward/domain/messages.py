"""Messages to a person, as intents: what to say and to whom, never the code or link itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

USUAL_LANGUAGE = "en"
"""In which a message is written to somebody whose language is not known."""


class MessageKind(StrEnum):
    """Each letter has a folder of the same name in `templates/`."""

    VERIFY_EMAIL = "verify_email"
    ACCOUNT_EXISTS = "account_exists"
    RESET_PASSWORD = "reset_password"
    CHANGE_IDENTIFIER = "change_identifier"
    IDENTIFIER_CHANGED = "identifier_changed"
    PASSWORD_CHANGED = "password_changed"
    ACCOUNT_CLOSING = "account_closing"
    ACCOUNT_DELETED = "account_deleted"
    TEST = "test"
    RESET_REQUESTED = "reset_requested"

    @property
    def is_letter(self) -> bool:
        """Whether it goes out; a request for a reset is looked into first, where nobody can time it."""
        return self is not MessageKind.RESET_REQUESTED

    @property
    def has_code(self) -> bool:
        """Whether a code stands in it."""
        return self in (MessageKind.VERIFY_EMAIL, MessageKind.CHANGE_IDENTIFIER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An intent in the outbox; with `challenge_id`, code and link are minted at hand-over."""

    id: UUID
    kind: MessageKind
    to: str
    subject_id: UUID
    challenge_id: UUID | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    language: str = USUAL_LANGUAGE

    @property
    def is_text(self) -> bool:
        """Whether it goes to a phone."""
        return is_phone(self.to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A finished letter, or a text message (without subject and HTML). It may hold a secret: only mailers see it.

    `challenge_id` is what code and link belong to.
    """

    id: UUID
    to: str
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    link: str | None = field(default=None, repr=False)
    valid_seconds: int | None = None
    challenge_id: UUID | None = None
    language: str = USUAL_LANGUAGE


def is_phone(to: str) -> bool:
    """Whether a recipient is a number; anything else is an address."""
    return "@" not in to
