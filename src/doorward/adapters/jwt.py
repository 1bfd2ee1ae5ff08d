"""Access tokens as JWTs (RFC 9068), signed with keys derived from the service's secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from joserfc import jws, jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OctKey, OKPKey
from joserfc.jws import JWSRegistry

from doorward.adapters.keys import derive_key
from doorward.domain.errors import TokenInvalid
from doorward.domain.ids import new_id
from doorward.domain.session import Session
from doorward.domain.signing import FIRST, KeyList
from doorward.domain.user import User
from doorward.ports.secrets import AccessClaims, AccessToken, KeyRing

Algorithm = Literal["ES256", "EdDSA", "HS256"]
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_MAX_LENGTH = 4096
_TYPE = "at+jwt"
CLOCK_SKEW = 60
CHECKED_FOR = timedelta(minutes=1)
"""How long the same token need not have its signature checked again, which takes longer than asking the database.

A key that is revoked, retired or new makes an end of it at once.
"""
MOST_CHECKED = 10_000
_REFUSED = (JoseError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


class OneAlgorithm(JWSRegistry):
    """Knows the algorithm that this service signs with and no other.

    The library's own registry warns at each token that RFC 9864 renames EdDSA; verifiers know it by that name.
    """

    def __init__(self, name: Algorithm) -> None:
        super().__init__(algorithms=[name])
        self._name = name

    def get_alg(self, name: str) -> Any:
        if name != self._name:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


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
        self._registry = OneAlgorithm(algorithm)
        self._issuer = issuer
        self._ttl = ttl
        self._keys = keys
        self._secrets = tuple(dict.fromkeys((secret, *previous)))
        self._made: dict[tuple[str, int], _Key] = {}
        self._checked: dict[bytes, _Checked] = {}
        self._essential: dict[str, jwt.ClaimsOption] = {
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "values": [issuer, _for_looking(issuer)]},
            "sub": {"essential": True},
            "exp": {"essential": True},
        }

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
        key = self._key(self._secrets[0], generation)
        header = {"alg": self._algorithm, "kid": key.id, "typ": _TYPE}
        token = jwt.encode(header, claims, key.material, registry=self._registry)
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
        key = await self._named(_key_id(token), now)
        try:
            decoded = jwt.decode(token, key.material, registry=self._registry)
            self._check(decoded.header, decoded.claims, now)
            return AccessClaims(
                UUID(decoded.claims["sub"]),
                UUID(decoded.claims["sid"]),
                datetime.fromtimestamp(decoded.claims["exp"], UTC),
            )
        except _REFUSED:
            raise TokenInvalid from None

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

    async def _named(self, key_id: str, now: datetime) -> "_Key":
        """The key that a token names; one that was made a moment ago in another process is looked for once more."""
        known = KeyList() if self._is_shared else await self._keys.current()
        found = self._find(key_id, known, now)
        if found is None and not self._is_shared:
            found = self._find(key_id, await self._keys.renewed(), now)
        if found is None:
            raise TokenInvalid
        return found

    def _find(self, key_id: str, known: KeyList, now: datetime) -> "_Key | None":
        return next((key for key in self._verifying(known, now) if key.id == key_id), None)

    def _verifying(self, known: KeyList, now: datetime) -> "list[_Key]":
        return [self._key(secret, g) for g in known.verifying(now) for secret in self._secrets]

    def _key(self, secret: str, generation: int) -> "_Key":
        if (secret, generation) not in self._made:
            self._made[secret, generation] = _Key(secret, self._algorithm, generation)
        return self._made[secret, generation]

    def _check(self, header: dict[str, Any], claims: dict[str, Any], now: datetime) -> None:
        if header.get("typ") != _TYPE or claims.get("exp", 0) <= now.timestamp():
            raise TokenInvalid
        # The leeway is for tokens of a worker whose clock is ahead; expiry was judged without it.
        jwt.JWTClaimsRegistry(int(now.timestamp()), CLOCK_SKEW, **self._essential).validate(claims)


def _for_looking(issuer: str) -> str:
    """The audience of tokens by which an administrator sees somebody's account: this service alone."""
    return f"{issuer}/looking"


class _Key:
    """One key with its name; made when it is first used."""

    def __init__(self, secret: str, algorithm: Algorithm, generation: int) -> None:
        # Not the thumbprint: of a shared secret it would be a digest to guess at.
        purpose = f"kid:{algorithm}" if generation == FIRST else f"kid:{algorithm}:{generation}"
        self.id = derive_key(secret, purpose, 12).hex()
        self._algorithm = algorithm
        self._make = partial(_signing_key, secret, algorithm, generation)

    @cached_property
    def material(self) -> ECKey | OKPKey | OctKey:
        return self._make()

    def published(self) -> dict[str, Any]:
        """Its public half (RFC 7517)."""
        return self.material.as_dict(private=False) | {"kid": self.id, "use": "sig", "alg": self._algorithm}


def _key_id(token: str) -> str:
    """The key that a token says it was signed with; nothing else in it is believed before the signature is checked."""
    try:
        key_id = jws.extract_compact(token.encode()).headers().get("kid")
    except _REFUSED:
        raise TokenInvalid from None
    if not isinstance(key_id, str):
        raise TokenInvalid
    return key_id


def _signing_key(secret: str, algorithm: Algorithm, generation: int) -> ECKey | OKPKey | OctKey:
    if algorithm == "HS256":
        return OctKey.import_key(secret.encode())
    seed = derive_key(secret, f"signing:{algorithm}:{generation}", 48)
    if algorithm == "EdDSA":
        okp = ed25519.Ed25519PrivateKey.from_private_bytes(seed[:32])
        return OKPKey.import_key(_pem(okp))
    # 48 bytes modulo the order leave no noticeable bias (FIPS 186-5, A.2.1).
    scalar = int.from_bytes(seed, "big") % (_P256_ORDER - 1) + 1
    return ECKey.import_key(_pem(ec.derive_private_key(scalar, ec.SECP256R1())))


def _pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
