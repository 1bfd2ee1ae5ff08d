"""What a way to hash must offer, and how dear a stored hash may be at most."""

from typing import Protocol

MAX_MEMORY = 1 << 30
MAX_WORK = 4 << 30  # bytes of memory times passes over it: a few seconds
MAX_ITERATIONS = 10_000_000
MAX_BCRYPT_COST = 16

UNKNOWN, BROKEN, COSTLY, KEYLESS = "unknown_hash", "broken_hash", "costly_hash", "keyless_hash"


class Verifier(Protocol):
    """One way in which stored hashes were made."""

    def recognises(self, stored: str) -> bool:
        """Whether a hash was made this way."""

    def flaw(self, stored: str) -> str | None:
        """Why a recognised hash is never compared: the code of a rule, or None if it may be."""

    def verify(self, stored: str, text: str) -> bool:
        """Compare a password with a hash without flaw; it never raises for a password that it cannot read."""


class Scheme(Verifier, Protocol):
    """A way in which new hashes can be made."""

    max_bytes: int

    def hash(self, text: str) -> str:
        """Hash a password, salted."""

    def decoy(self) -> str:
        """A hash that no password has, and that takes as long to compare with as any new one."""

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash of this scheme was made with other parameters than new ones are."""


def is_costly(memory: int, passes: int) -> bool:
    """Whether computing a hash would take so much memory or time that a sign-in could stop the service."""
    return memory > MAX_MEMORY or memory * passes > MAX_WORK
