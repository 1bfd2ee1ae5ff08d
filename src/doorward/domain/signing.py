"""Generations of the key that signs access tokens. They are numbers and times; the key itself is derived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

FIRST = 1
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when the first generation has signed: nobody wrote it down."""


class KeyState(StrEnum):
    """What a generation does at a moment."""

    NEXT = "next"
    SIGNING = "signing"
    VERIFYING = "verifying"
    RETIRED = "retired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """One generation: published when it is added, signing later, verifying until its last token has expired."""

    generation: int
    created_at: datetime
    signs_from: datetime
    verify_until: datetime | None = None
    revoked_at: datetime | None = None

    def verifies(self, now: datetime) -> bool:
        """Whether tokens of this generation are good."""
        return self.revoked_at is None and (self.verify_until is None or now < self.verify_until)

    @property
    def is_newest(self) -> bool:
        """Whether nothing has been said yet about its end."""
        return self.revoked_at is None and self.verify_until is None


@dataclass(frozen=True, slots=True)
class KeyList:
    """All generations, oldest first. The first one exists even where nobody has ever rotated."""

    stored: Sequence[SigningKey] = ()

    @property
    def keys(self) -> tuple[SigningKey, ...]:
        written = sorted(self.stored, key=lambda key: key.generation)
        if written and written[0].generation == FIRST:
            return tuple(written)
        return (SigningKey(generation=FIRST, created_at=BEGINNING, signs_from=BEGINNING), *written)

    def signer(self, now: datetime) -> SigningKey:
        """The newest one whose time to sign has come; a clock that is behind must not leave nobody to sign."""
        usable = [key for key in self.keys if key.verifies(now)] or [self.keys[-1]]
        ready = [key for key in usable if key.signs_from <= now]
        return ready[-1] if ready else usable[0]

    def verifying(self, now: datetime) -> tuple[int, ...]:
        """Generations whose tokens are good, the newest first; one that does not sign yet is among them."""
        return tuple(key.generation for key in reversed(self.keys) if key.verifies(now))

    def state(self, key: SigningKey, now: datetime) -> KeyState:
        """What one of them does now."""
        if key.revoked_at is not None:
            return KeyState.REVOKED
        if not key.verifies(now):
            return KeyState.RETIRED
        if key == self.signer(now):
            return KeyState.SIGNING
        return KeyState.NEXT if key.signs_from > now else KeyState.VERIFYING
