"""Access tokens as JWTs (RFC 9068), signed with a key derived from the service's secret."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OctKey, OKPKey
from joserfc.jws import JWSRegistry

from doorward.adapters.keys import derive_key
from doorward.domain.errors import TokenInvalid
from doorward.domain.ids import new_id
from doorward.domain.session import Session
from doorward.domain.user import User
from doorward.ports.secrets import AccessClaims, AccessToken

Algorithm = Literal["ES256", "EdDSA", "HS256"]
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_MAX_LENGTH = 4096
_TYPE = "at+jwt"
CLOCK_SKEW = 60


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


class JwtTokenIssuer:
    """Signs and checks tokens with one algorithm and keys that come from nowhere but the settings (RFC 8725)."""

    def __init__(self, secret: str, *, algorithm: Algorithm, issuer: str, ttl: timedelta) -> None:
        self._algorithm = algorithm
        self._registry = OneAlgorithm(algorithm)
        self._issuer = issuer
        self._ttl = ttl
        self._key = _signing_key(secret, algorithm)
        # Not the thumbprint: of a shared secret it would be a digest to guess at.
        self._kid = derive_key(secret, f"kid:{algorithm}", 12).hex()
        self._essential: dict[str, jwt.ClaimsOption] = {
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": issuer},
            "sub": {"essential": True},
            "exp": {"essential": True},
        }

    def issue(self, session: Session, user: User, now: datetime) -> AccessToken:
        expires_at = min(now + self._ttl, session.expires_at)
        claims = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": str(user.id),
            "sid": str(session.id),
            "jti": str(new_id(now)),
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        header = {"alg": self._algorithm, "kid": self._kid, "typ": _TYPE}
        token = jwt.encode(header, claims, self._key, registry=self._registry)
        return AccessToken(token, int((expires_at - now).total_seconds()))

    def read(self, token: str, now: datetime) -> AccessClaims:
        if len(token) > _MAX_LENGTH:
            raise TokenInvalid
        try:
            decoded = jwt.decode(token, self._key, registry=self._registry)
            self._check(decoded.header, decoded.claims, now)
            return AccessClaims(
                UUID(decoded.claims["sub"]),
                UUID(decoded.claims["sid"]),
                datetime.fromtimestamp(decoded.claims["exp"], UTC),
            )
        except (JoseError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
            raise TokenInvalid from None

    def jwks(self) -> dict[str, object] | None:
        if isinstance(self._key, OctKey):
            return None
        public = self._key.as_dict(private=False) | {"kid": self._kid, "use": "sig", "alg": self._algorithm}
        return {"keys": [public]}

    def _check(self, header: dict[str, Any], claims: dict[str, Any], now: datetime) -> None:
        if header.get("typ") != _TYPE or header.get("kid") != self._kid:
            raise TokenInvalid
        if claims.get("exp", 0) <= now.timestamp():
            raise TokenInvalid
        # The leeway is for tokens of a worker whose clock is ahead; expiry was judged without it.
        jwt.JWTClaimsRegistry(int(now.timestamp()), CLOCK_SKEW, **self._essential).validate(claims)


def _signing_key(secret: str, algorithm: Algorithm) -> ECKey | OKPKey | OctKey:
    if algorithm == "HS256":
        return OctKey.import_key(secret.encode())
    seed = derive_key(secret, f"signing:{algorithm}:1", 48)
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
