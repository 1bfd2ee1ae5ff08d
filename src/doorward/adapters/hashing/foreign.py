"""Hashes that other systems made: verified until their owner signs in, never made anew."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from doorward.adapters.hashing.scheme import BROKEN, COSTLY, KEYLESS, MAX_ITERATIONS, Verifier, is_costly

_PBKDF2 = re.compile(r"pbkdf2_(sha1|sha256)\$([1-9][0-9]{0,14})\$([^$]+)\$([^$]+)")
_SCRYPT_PHC = re.compile(r"\$scrypt\$ln=([0-9]{1,3}),r=([0-9]{1,9}),p=([0-9]{1,9})\$([^$]+)\$([^$]+)")
_SCRYPT_DJANGO = re.compile(r"scrypt\$([^$]+)\$([0-9]{1,15})\$([0-9]{1,9})\$([0-9]{1,9})\$([^$]+)")
_FIREBASE = re.compile(r"\$firebase-scrypt\$ln=([0-9]{1,3}),r=([0-9]{1,9})\$([^$]*)\$([^$]+)")
_AES_KEY_BYTES = 32


def sha256_hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _decoded(text: str) -> bytes:
    """Base64 with or without its padding; nothing if it is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_digest(expected: bytes) -> bool:
    return 16 <= len(expected) <= 128


@dataclass(frozen=True, slots=True)
class DjangoPrefixed:
    """Another scheme's hash behind the name that Django gives it; some are made of a digest of the password."""

    prefix: str
    inner: Verifier
    prepare: Callable[[str], str] = str

    def recognises(self, stored: str) -> bool:
        return stored.startswith(self.prefix) and self.inner.recognises(stored.removeprefix(self.prefix))

    def flaw(self, stored: str) -> str | None:
        return self.inner.flaw(stored.removeprefix(self.prefix))

    def verify(self, stored: str, text: str) -> bool:
        return self.inner.verify(stored.removeprefix(self.prefix), self.prepare(text))


class Pbkdf2:
    """PBKDF2 (RFC 8018) as Django writes it: `pbkdf2_sha256$ITERATIONS$SALT$BASE64`, and the same with sha1."""

    def recognises(self, stored: str) -> bool:
        return stored.startswith(("pbkdf2_sha256$", "pbkdf2_sha1$"))

    def flaw(self, stored: str) -> str | None:
        match = _PBKDF2.fullmatch(stored)
        expected = _decoded(match[4]) if match else b""
        if not match or not _is_digest(expected):
            return BROKEN
        blocks = -(-len(expected) // hashlib.new(match[1]).digest_size)  # each takes all iterations (RFC 8018, 5.2)
        return COSTLY if int(match[2]) * blocks > MAX_ITERATIONS else None

    def verify(self, stored: str, text: str) -> bool:
        _, iterations, salt, digest = stored.split("$")
        expected, algorithm = _decoded(digest), stored.partition("$")[0].removeprefix("pbkdf2_")
        computed = hashlib.pbkdf2_hmac(algorithm, text.encode(), salt.encode(), int(iterations), len(expected))
        return hmac.compare_digest(computed, expected)


@dataclass(frozen=True, slots=True)
class ScryptCost:
    """The parameters of scrypt (RFC 7914): `n` is the number of blocks, a power of two."""

    n: int
    r: int
    p: int

    def flaw(self) -> str | None:
        if self.n < 2 or self.n & (self.n - 1) or not self.r or not self.p:
            return BROKEN
        return COSTLY if is_costly(128 * self.n * self.r, self.p) else None

    def key(self, text: str, salt: bytes, size: int) -> bytes:
        most = 128 * self.r * (self.n + self.p + 2) + (1 << 20)
        return hashlib.scrypt(text.encode(), salt=salt, n=self.n, r=self.r, p=self.p, maxmem=most, dklen=size)


class Scrypt:
    """scrypt as `$scrypt$ln=…,r=…,p=…$SALT$HASH` in base64, or as Django writes it: `scrypt$SALT$N$R$P$BASE64`."""

    def recognises(self, stored: str) -> bool:
        return stored.startswith(("$scrypt$", "scrypt$"))

    def flaw(self, stored: str) -> str | None:
        cost, salt, expected = self._parts(stored)
        return cost.flaw() if cost and salt and _is_digest(expected) else BROKEN

    def verify(self, stored: str, text: str) -> bool:
        cost, salt, expected = self._parts(stored)
        return cost is not None and hmac.compare_digest(cost.key(text, salt, len(expected)), expected)

    def _parts(self, stored: str) -> tuple[ScryptCost | None, bytes, bytes]:
        if match := _SCRYPT_PHC.fullmatch(stored):
            cost = ScryptCost(1 << int(match[1]), int(match[2]), int(match[3]))
            return cost, _decoded(match[4]), _decoded(match[5])
        if match := _SCRYPT_DJANGO.fullmatch(stored):
            return ScryptCost(int(match[2]), int(match[3]), int(match[4])), match[1].encode(), _decoded(match[5])
        return None, b"", b""


@dataclass(frozen=True, slots=True)
class FirebaseKey:
    """What all hashes of one Firebase project share; it stands in the settings and in no row."""

    signer_key: bytes = field(repr=False)
    salt_separator: bytes

    @classmethod
    def read(cls, signer_key: str, salt_separator: str) -> "FirebaseKey":
        """Take both in base64, as Firebase shows them."""
        return cls(base64.b64decode(signer_key), base64.b64decode(salt_separator))


class FirebaseScrypt:
    """Firebase's scrypt: the password's key encrypts the project's signer key, and the result is the hash.

    Rows hold `$firebase-scrypt$ln=MEM_COST,r=ROUNDS$SALT$HASH`, salt and hash in base64.
    """

    def __init__(self, key: FirebaseKey | None) -> None:
        self._key = key

    def recognises(self, stored: str) -> bool:
        return stored.startswith("$firebase-scrypt$")

    def flaw(self, stored: str) -> str | None:
        match = _FIREBASE.fullmatch(stored)
        if not match or not _is_digest(_decoded(match[4])):
            return BROKEN
        return ScryptCost(1 << int(match[1]), int(match[2]), 1).flaw() or (None if self._key else KEYLESS)

    def verify(self, stored: str, text: str) -> bool:
        match = _FIREBASE.fullmatch(stored)
        if match is None or self._key is None:
            return False
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415 - few need it

        cost, salt = ScryptCost(1 << int(match[1]), int(match[2]), 1), _decoded(match[3])
        key = cost.key(text, salt + self._key.salt_separator, _AES_KEY_BYTES)
        encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
        return hmac.compare_digest(encryptor.update(self._key.signer_key), _decoded(match[4]))
