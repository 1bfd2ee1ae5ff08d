"""Ways to hash. Each knows its own hashes by their beginning."""

from typing import Protocol

import bcrypt
from argon2 import PasswordHasher as Argon2
from argon2.exceptions import VerificationError

from doorward.domain.password import MAX_BYTES
from doorward.domain.policies.hashing import BCRYPT_MAX_BYTES, HashingPolicy


class Scheme(Protocol):
    """One way to hash; `verify` never raises for a hash or a password that it cannot read."""

    max_bytes: int

    def recognises(self, stored: str) -> bool:
        """Whether a hash was made this way."""

    def hash(self, text: str) -> str:
        """Hash a password, salted."""

    def verify(self, stored: str, text: str) -> bool:
        """Compare a password with a hash."""

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash of this scheme was made with other parameters than new ones are."""


class Argon2Scheme:
    """Argon2id (RFC 9106)."""

    max_bytes = MAX_BYTES

    def __init__(self, policy: HashingPolicy) -> None:
        self._argon2 = Argon2(time_cost=policy.time_cost, memory_cost=policy.memory_kib, parallelism=policy.parallelism)

    def recognises(self, stored: str) -> bool:
        return stored.startswith("$argon2")

    def hash(self, text: str) -> str:
        return self._argon2.hash(text)

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

    def hash(self, text: str) -> str:
        return bcrypt.hashpw(text.encode(), bcrypt.gensalt(self._cost)).decode()

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


def schemes(policy: HashingPolicy) -> tuple[Scheme, ...]:
    """The scheme for new passwords first, then those whose hashes are still verified."""
    known: dict[str, Scheme] = {"argon2id": Argon2Scheme(policy), "bcrypt": BcryptScheme(policy)}
    return (known.pop(policy.algorithm), *known.values())
