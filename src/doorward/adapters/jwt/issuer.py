"""Access tokens as JWTs (RFC 9068), signed with keys derived from the service's secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from doorward.domain.errors import TokenInvalid
from doorward.domain.ids import new_id
from doorward.domain.session import Session
from doorward.domain.signing import FIRST, KeyList
from doorward.domain.user import User
from doorward.ports.secrets import AccessClaims, AccessToken, KeyRing

if TYPE_CHECKING:
    from doorward.adapters.jwt.jose import Key, Signatures

Algorithm = Literal["ES256", "EdDSA", "HS256"]
_MAX_LENGTH = 4096
CHECKED_FOR = timedelta(minutes=1)
"""How long the same token need not have its signature checked again, which takes longer than asking the database.

A key that is revoked, retired or new makes an end of it at once.
"""
MOST_CHECKED = 10_000


@dataclass(frozen=True, slots=True)
class _Checked:
    """What a token says whose signature was checked at a moment, while these generations of the key were good."""

    claims: AccessClaims
    good: tuple[int, ...]
    at: datetime


class JwtTokenIssuer:
    """Signs and checks tokens with one algorithm and keys that come from nowhere but the settings (RFC 8725).

    Each secret has a key for each generation. Tokens are signed under the first secret only; those made under a
    previous one are good as long as they would have been. A shared secret (HS256) is the key itself, and has no
    generations.
    """

    def __init__(
        self,
        secret: str,
        *,
        algorithm: Algorithm,
        issuer: str,
        ttl: timedelta,
        keys: KeyRing,
        previous: Sequence[str] = (),
    ) -> None:
        self._algorithm = algorithm
        self._issuer = issuer
        self._ttl = ttl
        self._keys = keys
        self._secrets = tuple(dict.fromkeys((secret, *previous)))
        self._checked: dict[bytes, _Checked] = {}

    @cached_property
    def _signatures(self) -> "Signatures":
        from doorward.adapters.jwt.jose import Signatures  # noqa: PLC0415 - ten megabytes, for a service that signs

        return Signatures(
            self._algorithm,
            {
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "values": [self._issuer, _for_looking(self._issuer)]},
                "sub": {"essential": True},
                "exp": {"essential": True},
            },
        )

    async def issue(self, session: Session, user: User, now: datetime) -> AccessToken:
        expires_at = min(now + self._ttl, session.expires_at)
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": str(user.id),
            "sid": str(session.id),
            "jti": str(new_id(now)),
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        if session.acting_id is not None:
            # Others who check the audience, as they must, take it for no token of the user's.
            claims |= {"aud": _for_looking(self._issuer), "act": {"sid": str(session.acting_id)}}
        generation = FIRST if self._is_shared else (await self._keys.current()).signer(now).generation
        token = self._signatures.sign(claims, self._signatures.key(self._secrets[0], generation))
        return AccessToken(token, int((expires_at - now).total_seconds()))

    async def read(self, token: str, now: datetime) -> AccessClaims:
        if len(token) > _MAX_LENGTH:
            raise TokenInvalid
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = KeyList() if self._is_shared else await self._keys.current()
        good, checked = known.verifying(now), self._checked.get(digest)
        if checked and checked.good == good and timedelta(0) <= now - checked.at < CHECKED_FOR:
            if now >= checked.claims.expires_at:
                raise TokenInvalid
            return checked.claims
        claims = await self._read(token, now)
        while len(self._checked) >= MOST_CHECKED:
            del self._checked[next(iter(self._checked))]
        self._checked[digest] = _Checked(claims, good, now)
        return claims

    async def _read(self, token: str, now: datetime) -> AccessClaims:
        key = await self._named(self._signatures.key_id(token), now)
        return self._signatures.read(token, key, now)

    @property
    def has_public_keys(self) -> bool:
        return not self._is_shared

    async def jwks(self, now: datetime) -> dict[str, object] | None:
        if self._is_shared:
            return None
        return {"keys": [key.published() for key in self._verifying(await self._keys.current(), now)]}

    @property
    def _is_shared(self) -> bool:
        return self._algorithm == "HS256"

    async def _named(self, key_id: str, now: datetime) -> "Key":
        """The key that a token names; one that was made a moment ago in another process is looked for once more."""
        known = KeyList() if self._is_shared else await self._keys.current()
        found = self._find(key_id, known, now)
        if found is None and not self._is_shared:
            found = self._find(key_id, await self._keys.renewed(), now)
        if found is None:
            raise TokenInvalid
        return found

    def _find(self, key_id: str, known: KeyList, now: datetime) -> "Key | None":
        return next((key for key in self._verifying(known, now) if key.id == key_id), None)

    def _verifying(self, known: KeyList, now: datetime) -> "list[Key]":
        return [self._signatures.key(secret, g) for g in known.verifying(now) for secret in self._secrets]


def _for_looking(issuer: str) -> str:
    """The audience of tokens by which an administrator sees somebody's account: this service alone."""
    return f"{issuer}/looking"
