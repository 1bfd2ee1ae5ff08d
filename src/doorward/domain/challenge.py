"""A challenge: something only the right person can answer, good once and for a while.

No secret is kept in it. Code and token are derived from its id when the message is handed over,
so a message that is sent twice carries the same ones.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class Purpose(StrEnum):
    """What an answered challenge is good for."""

    VERIFY_EMAIL = "verify_email"
    CONFIRM_REGISTRATION = "confirm_registration"
    RESET_PASSWORD = "reset_password"
    CHANGE_PASSWORD = "change_password"
    SIGN_IN = "sign_in"
    CHANGE_EMAIL = "change_email"
    CHANGE_PHONE = "change_phone"
    RESTORE_ACCOUNT = "restore_account"

    @property
    def is_change(self) -> bool:
        """Whether it puts another identifier in the place of one; such a code is typed by somebody signed in."""
        return self in (Purpose.CHANGE_EMAIL, Purpose.CHANGE_PHONE)


BEGUN_BEFORE = (Purpose.RESET_PASSWORD, Purpose.CHANGE_PASSWORD, Purpose.CHANGE_EMAIL, Purpose.CHANGE_PHONE)
"""What ends with a new password or identifier, whoever had begun it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One challenge for one subject (a user or a registration); `target` is where it was sent, if it proves that."""

    id: UUID
    purpose: Purpose
    subject_id: UUID
    target: str | None = None
    created_at: datetime
    expires_at: datetime
    handed_over_at: datetime | None = None
    code_expires_at: datetime | None = None
    link_expires_at: datetime | None = None
    consumed_at: datetime | None = None

    def handed_over(self, now: datetime, *, code_ttl: timedelta | None, link_ttl: timedelta | None) -> "Challenge":
        """Start the clocks: time runs from the hand-over to the mail server, not from the queue."""
        return replace(
            self,
            handed_over_at=now,
            code_expires_at=now + code_ttl if code_ttl else None,
            link_expires_at=now + link_ttl if link_ttl else None,
            expires_at=now + max(code_ttl or timedelta(), link_ttl or timedelta()),
        )

    def is_waiting(self, now: datetime) -> bool:
        """Whether its message has not left the house: nobody can know the answer, and guesses count all the same."""
        return self.handed_over_at is None and self.consumed_at is None and now < self.expires_at

    def takes_code(self, now: datetime) -> bool:
        """Whether a code can still be right; before the hand-over nobody has one."""
        return self._is_open(now, self.code_expires_at)

    def takes_link(self, now: datetime) -> bool:
        """Whether the link still leads somewhere."""
        return self._is_open(now, self.link_expires_at)

    def _is_open(self, now: datetime, until: datetime | None) -> bool:
        is_out = self.handed_over_at is not None and self.consumed_at is None
        return is_out and now < (until or self.expires_at)
