"""`python -m bench.floors KIND M T P SECONDS`: bare password hashes on all cores, in a process of their own.

`plain` is argon2-cffi as it comes; `kept` the same with glibc told to keep its memory, `paged` to keep it in large
pages; `product` is the scheme of `doorward.adapters.hashing`, without service, queue or database. It prints JSON.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

KEPT = "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=8589934592:glibc.malloc.arena_max=1"
TUNABLES = {"kept": KEPT, "paged": f"{KEPT}:glibc.malloc.hugetlb=1"}
PASSWORD = "a long walk in the hills"


@dataclass(frozen=True)
class Floor:
    """Verifications a second, and CPU seconds of one."""

    rate: float
    cpu: float


def measure(kind: str, hashing: tuple[int, int, int], seconds: float, more: Mapping[str, str] | None = None) -> Floor:
    """Run this module, with more variables in its environment, and read what it prints."""
    command = [sys.executable, "-m", "bench.floors", kind, *map(str, hashing), str(seconds)]
    told = {"GLIBC_TUNABLES": TUNABLES[kind]} if kind in TUNABLES else {}
    env = {**os.environ, **told, **(more or {})}
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    return Floor(**json.loads(said))


def verifier(kind: str, memory: int, passes: int, lanes: int) -> Callable[[], object]:
    """One verification."""
    if kind == "product":
        from doorward.adapters.hashing.schemes import new_scheme
        from doorward.domain.policies.hashing import HashingPolicy

        scheme = new_scheme(HashingPolicy(memory_kib=memory, time_cost=passes, parallelism=lanes))
        own = scheme.hash(PASSWORD)
        return lambda: scheme.verify(own, PASSWORD)
    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=lanes)
    stored = hasher.hash(PASSWORD)
    return lambda: hasher.verify(stored, PASSWORD)


def used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    kind, *numbers, seconds = sys.argv[1:]
    verify, cores = verifier(kind, *map(int, numbers)), os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(lambda _: verify(), range(cores)))  # memory that is kept is there now
        began, cpu = time.perf_counter(), used()
        until = began + float(seconds)

        def some() -> int:
            count = 0
            while time.perf_counter() < until:
                verify()
                count += 1
            return count

        count = sum(pool.map(lambda _: some(), range(cores)))
        took, spent = time.perf_counter() - began, used() - cpu
    print(json.dumps({"rate": count / took, "cpu": spent / count}))


if __name__ == "__main__":
    main()
