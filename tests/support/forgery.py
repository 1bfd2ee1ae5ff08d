"""Tokens as an attacker would write them: any header, any claims, any key, and no library that minds."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from doorward.adapters.jwt import jose
from doorward.adapters.keys import derive_key

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
OTHER_KEY = ec.derive_private_key(7**80, ec.SECP256R1())


def packed(value: Any) -> str:
    """A part of a token; bytes and text are taken as they are."""
    raw = value.encode() if isinstance(value, str) else value
    raw = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def header_of(token: str) -> dict[str, Any]:
    return json.loads(unpacked(token.partition(".")[0]))


def claims_of(token: str) -> dict[str, Any]:
    return json.loads(unpacked(token.split(".")[1]))


def es256(signed: str, key: Any) -> str:
    """The signature of a text."""
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    return packed(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def hs256(signed: str, secret: bytes) -> str:
    return packed(hmac.digest(secret, signed.encode(), hashlib.sha256))


def key_id(secret: str, algorithm: str = "ES256", generation: int = 1) -> str:
    """The name of a key of an installation."""
    purpose = f"kid:{algorithm}" if generation == 1 else f"kid:{algorithm}:{generation}"
    return derive_key(secret, purpose, 12).hex()


def signing_key(secret: str, generation: int = 1) -> Any:
    """The key with which an installation with this secret signs by ES256."""
    return jose.signing_key(secret, "ES256", generation).private_key


@dataclass(frozen=True)
class Forger:
    """Changes a token that was good, and signs it with the installation's own key unless told otherwise."""

    token: str
    secret: str

    def __call__(self, header: Any = (), claims: Any = (), *, key: Any = None, removed: tuple[str, ...] = ()) -> str:
        """Members in `header` and `claims` replace those of the token; those in `removed` are left out."""
        kept = {n: v for n, v in (header_of(self.token) | dict(header)).items() if f"header.{n}" not in removed}
        told = {n: v for n, v in (claims_of(self.token) | dict(claims)).items() if n not in removed}
        return self.raw(kept, told, key=key)

    def raw(self, header: Any, claims: Any, *, key: Any = None) -> str:
        """Any two parts, signed."""
        signed = f"{packed(header)}.{packed(claims)}"
        return f"{signed}.{es256(signed, key or signing_key(self.secret))}"


def fresh_claims(token: str, **changed: Any) -> dict[str, Any]:
    """The claims of a token, issued now once more."""
    now = int(time.time())
    return claims_of(token) | {"jti": str(uuid.uuid4()), "iat": now, "exp": now + 600} | changed
