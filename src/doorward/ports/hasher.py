"""Password hashing."""

from typing import Protocol

from doorward.domain.password import Password


class PasswordHasher(Protocol):
    """A slow, salted, one-way hash. All three computing calls raise Busy when all slots and the queue are full."""

    @property
    def max_bytes(self) -> int:
        """How long a new password may be; a longer one could not be told from its beginning."""

    @property
    def slots(self) -> int:
        """How many hashes are computed at the same time."""

    async def hash(self, password: Password) -> str:
        """Hash a new password into a self-describing string."""

    async def verify(self, password_hash: str | None, password: Password) -> bool:
        """Compare; None (nobody has that identifier) costs the same and is never right."""

    async def matches_any(self, password_hashes: tuple[str, ...], password: Password) -> bool:
        """Whether one of the hashes is of this password; all are compared within one slot."""

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than new ones are."""

    def flaw(self, password_hash: str) -> str | None:
        """Why no password could ever match a hash from elsewhere: the code of a rule, or None if one can."""


class CommonPasswords(Protocol):
    """The passwords that everybody tries first."""

    def __contains__(self, password: object) -> bool: ...
