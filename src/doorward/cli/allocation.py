"""Keeping the memory of password hashes between two of them, instead of asking the system for it each time."""

import os
import sys

from doorward.domain.policies.hashing import HashingPolicy

GLIBC_KEEPS_KIB = 32 << 10
"""glibc learns by itself to keep blocks up to this size; larger ones it returns to the system at once."""
VARIABLE = "GLIBC_TUNABLES"


def keeping_memory(policy: HashingPolicy) -> str | None:
    """What glibc must be told to keep the memory of hashes this large; nothing where it does so by itself.

    Without it, each Argon2 hash of 64 MiB costs 16,000 page faults: a quarter of its processor time. Of what is kept,
    a processor finds pages of 2 MiB quicker than small ones; a kernel that gives none leaves it at those.
    """
    if policy.algorithm != "argon2id" or policy.memory_kib <= GLIBC_KEEPS_KIB:
        return None
    size = (policy.memory_kib + 1024) << 10
    # Blocks of this size can only lie in the first arena.
    told = {"mmap_threshold": size, "trim_threshold": size * 64, "arena_max": 1, "hugetlb": 1}
    return ":".join(f"glibc.malloc.{name}={value}" for name, value in told.items())


def keep_hashing_memory(policy: HashingPolicy) -> None:
    """Begin this process anew with that setting, which counts only from a process's first moment.

    What an operator has set himself is left as it is, and so is any system that has no glibc: it reads no such setting.
    """
    wanted = keeping_memory(policy)
    if wanted is None or VARIABLE in os.environ or not sys.platform.startswith("linux"):
        return
    os.environ[VARIABLE] = wanted
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - ourselves, with the arguments that we were started with
