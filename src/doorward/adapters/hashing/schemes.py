"""The schemes of new hashes, and the list of all whose hashes are verified."""

import re
import secrets
from base64 import b64encode

import bcrypt
from argon2 import PasswordHasher as Argon2
from argon2.exceptions import VerificationError

from doorward.adapters.hashing.foreign import DjangoPrefixed, FirebaseKey, FirebaseScrypt, Pbkdf2, Scrypt, sha256_hex
from doorward.adapters.hashing.scheme import BROKEN, COSTLY, MAX_BCRYPT_COST, Scheme, Verifier, is_costly
from doorward.domain.password import MAX_BYTES
from doorward.domain.policies.hashing import BCRYPT_MAX_BYTES, HashingPolicy

_BASE64 = "[A-Za-z0-9+/]"
_ARGON2 = re.compile(
    rf"\$argon2(?:id|i|d)(?:\$v=[0-9]+)?\$m=([0-9]+),t=([0-9]+),p=([0-9]+)\${_BASE64}{{11,}}\${_BASE64}{{6,}}"
)
_BLOWFISH_BASE64 = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_BCRYPT = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}")


class Argon2Scheme:
    """Argon2id (RFC 9106)."""

    max_bytes = MAX_BYTES

    def __init__(self, policy: HashingPolicy) -> None:
        self._policy = policy
        self._argon2 = Argon2(time_cost=policy.time_cost, memory_cost=policy.memory_kib, parallelism=policy.parallelism)

    def recognises(self, stored: str) -> bool:
        return stored.startswith("$argon2")

    def flaw(self, stored: str) -> str | None:
        match = _ARGON2.fullmatch(stored)
        if not match:
            return BROKEN
        memory_kib, passes, lanes = map(int, match.groups())
        is_own = memory_kib <= self._policy.memory_kib and passes <= self._policy.time_cost
        return COSTLY if lanes > 64 or (is_costly(memory_kib << 10, passes) and not is_own) else None

    def hash(self, text: str) -> str:
        return self._argon2.hash(text)

    def decoy(self) -> str:
        costs = f"m={self._policy.memory_kib},t={self._policy.time_cost},p={self._policy.parallelism}"
        salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
        return f"$argon2id$v=19${costs}${salt}${digest}"

    def verify(self, stored: str, text: str) -> bool:
        try:
            return self._argon2.verify(stored, text)
        except (VerificationError, ValueError):
            return False

    def is_outdated(self, stored: str) -> bool:
        return self._argon2.check_needs_rehash(stored)


class BcryptScheme:
    """bcrypt, which reads 72 bytes: longer passwords are never right, instead of being cut."""

    max_bytes = BCRYPT_MAX_BYTES

    def __init__(self, policy: HashingPolicy) -> None:
        self._cost = policy.bcrypt_cost

    def recognises(self, stored: str) -> bool:
        return stored.startswith(("$2a$", "$2b$", "$2y$"))

    def flaw(self, stored: str) -> str | None:
        match = _BCRYPT.fullmatch(stored)
        if not match:
            return BROKEN
        return COSTLY if int(match[1]) > max(MAX_BCRYPT_COST, self._cost) else None

    def hash(self, text: str) -> str:
        return bcrypt.hashpw(text.encode(), bcrypt.gensalt(self._cost)).decode()

    def decoy(self) -> str:
        return bcrypt.gensalt(self._cost).decode() + "".join(secrets.choice(_BLOWFISH_BASE64) for _ in range(31))

    def verify(self, stored: str, text: str) -> bool:
        secret = text.encode()
        if len(secret) > self.max_bytes:
            return False
        try:
            return bcrypt.checkpw(secret, stored.encode())
        except ValueError:
            return False

    def is_outdated(self, stored: str) -> bool:
        return stored[4:6] != f"{self._cost:02d}"


def new_scheme(policy: HashingPolicy) -> Scheme:
    """The scheme for new passwords."""
    return BcryptScheme(policy) if policy.algorithm == "bcrypt" else Argon2Scheme(policy)


def verifiers(policy: HashingPolicy, firebase: FirebaseKey | None) -> tuple[Verifier, ...]:
    """Every scheme whose hashes are verified, wherever they were made."""
    argon2, blowfish = Argon2Scheme(policy), BcryptScheme(policy)
    return (
        argon2,
        blowfish,
        Pbkdf2(),
        Scrypt(),
        FirebaseScrypt(firebase),
        DjangoPrefixed("argon2", argon2),
        DjangoPrefixed("bcrypt$", blowfish),
        DjangoPrefixed("bcrypt_sha256$", blowfish, prepare=sha256_hex),
    )
