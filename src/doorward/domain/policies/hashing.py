"""How dear a guess is."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class HashingPolicy:
    """Parameters of password hashing; the defaults are OWASP's for Argon2id.

    Attributes:
        algorithm: for new passwords.
        memory_kib: Argon2 memory in KiB.
        time_cost: Argon2 passes.
        parallelism: Argon2 lanes.
        bcrypt_cost: bcrypt's logarithmic cost.
        slots: hashes at the same time in one process; unset means the cores divided by the workers.
        queue: how many may wait; unset means what two seconds of hashing can serve.
    """

    algorithm: Literal["argon2id", "bcrypt"] = "argon2id"
    memory_kib: int = 19456
    time_cost: int = 2
    parallelism: int = 1
    bcrypt_cost: int = 12
    slots: int | None = None
    queue: int | None = None
