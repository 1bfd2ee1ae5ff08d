"""Codes and tokens. They are derived from keys and ids, so none of them rests anywhere."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from doorward.domain.session import Session
from doorward.domain.signing import KeyList
from doorward.domain.user import User


class TokenKind(StrEnum):
    """What an opaque token is for; one kind is never taken for another."""

    REFRESH = "refresh"
    VERIFICATION = "verification"
    VERIFY_LINK = "verify-link"
    RESET_LINK = "reset-link"
    CHANGE_PASSWORD = "change-password"
    RESTORE_LINK = "restore-link"
    SIGN_IN_LINK = "sign-in-link"


@dataclass(frozen=True, slots=True)
class TokenRef:
    """What an opaque token stands for."""

    id: UUID
    generation: int = 0


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed access token; `expires_in` is in seconds."""

    token: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says about its bearer."""

    user_id: UUID
    session_id: UUID
    expires_at: datetime


class SecretMinter(Protocol):
    """Derives codes, opaque tokens and digests."""

    def code(self, challenge_id: UUID, *, digits: int) -> str:
        """The code of a challenge; always the same one under the same secret."""

    def matches_code(self, challenge_id: UUID, *, digits: int, typed: str) -> bool:
        """Compare in constant time with the code under each secret; spaces and dashes between digits are ignored."""

    def token(self, kind: TokenKind, ref: TokenRef) -> str:
        """The opaque token for a record."""

    def read_token(self, kind: TokenKind, token: str) -> TokenRef | None:
        """What a token stands for, or None if it was not made here or is of another kind."""

    def digest(self, purpose: str, text: str) -> str:
        """A keyed digest, for recognising a text without keeping it."""


class TokenIssuer(Protocol):
    """Signs and reads access tokens (RFC 9068 claims)."""

    async def issue(self, session: Session, user: User, now: datetime) -> AccessToken:
        """Sign a token for one session."""

    async def read(self, token: str, now: datetime) -> AccessClaims:
        """Check signature, algorithm, type, issuer, audience and times (RFC 8725); TokenInvalid if one is off."""

    @property
    def has_public_keys(self) -> bool:
        """Whether others can check tokens by keys that are published."""

    async def jwks(self, now: datetime) -> dict[str, object] | None:
        """The public keys (RFC 7517), or None where tokens are signed with a shared secret."""


class KeyRing(Protocol):
    """The generations of the signing key, near enough to be asked at each request."""

    async def current(self) -> KeyList:
        """The list, at most a second old."""

    async def renewed(self) -> KeyList:
        """The list once more, for a token that names a key which is not in it."""
