"""Signatures of tokens (RFC 7515), and the keys for them, which are derived from the service's secret."""

from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from joserfc import jws, jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OctKey, OKPKey
from joserfc.jws import JWSRegistry

from doorward.adapters.keys import derive_key
from doorward.domain.errors import TokenInvalid
from doorward.domain.signing import FIRST
from doorward.ports.secrets import AccessClaims

TYPE = "at+jwt"
CLOCK_SKEW = 60
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_REFUSED = (JoseError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


class OneAlgorithm(JWSRegistry):
    """Knows the algorithm that this service signs with and no other.

    The library's own registry warns at each token that RFC 9864 renames EdDSA; verifiers know it by that name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(algorithms=[name])
        self._name = name

    def get_alg(self, name: str) -> Any:
        if name != self._name:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


class Key:
    """One key with its name; made when it is first used."""

    def __init__(self, secret: str, algorithm: str, generation: int) -> None:
        # Not the thumbprint: of a shared secret it would be a digest to guess at.
        purpose = f"kid:{algorithm}" if generation == FIRST else f"kid:{algorithm}:{generation}"
        self.id = derive_key(secret, purpose, 12).hex()
        self._algorithm = algorithm
        self._make = partial(signing_key, secret, algorithm, generation)

    @cached_property
    def material(self) -> ECKey | OKPKey | OctKey:
        return self._make()

    def published(self) -> dict[str, Any]:
        """Its public half (RFC 7517)."""
        return self.material.as_dict(private=False) | {"kid": self.id, "use": "sig", "alg": self._algorithm}


class Signatures:
    """Makes and checks tokens of one algorithm.

    Args:
        algorithm: the only one.
        essential: claims that a token must have, and the values that are good.
    """

    def __init__(self, algorithm: str, essential: dict[str, jwt.ClaimsOption]) -> None:
        self._algorithm = algorithm
        self._registry = OneAlgorithm(algorithm)
        self._essential = essential
        self._made: dict[tuple[str, int], Key] = {}

    def key(self, secret: str, generation: int) -> Key:
        """The key of a secret's generation."""
        if (secret, generation) not in self._made:
            self._made[secret, generation] = Key(secret, self._algorithm, generation)
        return self._made[secret, generation]

    def sign(self, claims: dict[str, Any], key: Key) -> str:
        """A token that says this."""
        header = {"alg": self._algorithm, "kid": key.id, "typ": TYPE}
        return jwt.encode(header, claims, key.material, registry=self._registry)

    def read(self, token: str, key: Key, now: datetime) -> AccessClaims:
        """What a token says.

        Raises:
            TokenInvalid: it was not signed with this key, has expired, or is another kind of token.
        """
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

    @staticmethod
    def key_id(token: str) -> str:
        """The key that a token says it was signed with; nothing else in it is believed before the check."""
        try:
            found = jws.extract_compact(token.encode()).headers().get("kid")
        except _REFUSED:
            raise TokenInvalid from None
        if not isinstance(found, str):
            raise TokenInvalid
        return found

    def _check(self, header: dict[str, Any], claims: dict[str, Any], now: datetime) -> None:
        if header.get("typ") != TYPE or claims.get("exp", 0) <= now.timestamp():
            raise TokenInvalid
        # The leeway is for tokens of a worker whose clock is ahead; expiry was judged without it.
        jwt.JWTClaimsRegistry(int(now.timestamp()), CLOCK_SKEW, **self._essential).validate(claims)


def signing_key(secret: str, algorithm: str, generation: int) -> ECKey | OKPKey | OctKey:
    """The key itself."""
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
