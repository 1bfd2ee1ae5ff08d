"""How dear a guess is."""

from dataclasses import dataclass
from typing import Literal

from doorward.domain.bounds import check_bounds

BCRYPT_MAX_BYTES = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class HashingPolicy:
    """Parameters of password hashing; the defaults are OWASP's for Argon2id.

    Attributes:
        algorithm: for new passwords.
        memory_kib: Argon2 memory in KiB.
        time_cost: Argon2 passes.
        parallelism: Argon2 lanes.
        bcrypt_cost: bcrypt's rounds, as a power of two.
        slots: hashes at the same time in one process; unset means the cores divided by the workers.
        queue: how many may wait; unset means what four seconds of hashing can serve.
    """

    algorithm: Literal["argon2id", "bcrypt"] = "argon2id"
    memory_kib: int = 19456
    time_cost: int = 2
    parallelism: int = 1
    bcrypt_cost: int = 12
    slots: int | None = None
    queue: int | None = None

    def __post_init__(self) -> None:
        check_bounds(
            memory_kib=(8 * self.parallelism, self.memory_kib, 4 << 20),
            time_cost=(1, self.time_cost, 100),
            parallelism=(1, self.parallelism, 64),
            bcrypt_cost=(4, self.bcrypt_cost, 18),
            slots=(1, 1 if self.slots is None else self.slots, 1024),
            queue=(0, self.queue or 0, 100_000),
        )
