"""What a password hash costs on this machine, and which cost would suit it."""

import time
from importlib.metadata import distribution
from statistics import median

from doorward.adapters.hashing import PooledPasswordHasher
from doorward.bootstrap import Service
from doorward.cli.checkups.finding import Finding
from doorward.domain.password import Password
from doorward.domain.policies.hashing import HashingPolicy

ROUNDS = 5
QUICK_MS, SLOW_MS = 10.0, 500.0


async def check_hashing(service: Service) -> Finding:
    """Measure this service's own hash, and say if a dearer or a cheaper one would suit the machine better."""
    hasher, policy = service.hasher, service.settings.hashing
    ms = await _milliseconds(hasher)
    rate = hasher.slots * 1000 / ms
    what = f"{policy.algorithm}: {ms:.0f} ms each, about {rate:.0f} sign-ins a second with {hasher.slots} slots"
    if policy.algorithm == "argon2id":
        what += origin_of_argon2()
    if ms > SLOW_MS:
        return Finding.note("hashing", what, "People wait: lower DOORWARD_HASHING__, never below its defaults.")
    if ms < QUICK_MS and policy == HashingPolicy():
        fix = (
            "This machine can afford more: DOORWARD_HASHING__MEMORY_KIB=47104 "
            "DOORWARD_HASHING__TIME_COST=2 makes guessing dearer."
        )
        return Finding.note("hashing", what, fix)
    return Finding.ok("hashing", what)


def origin_of_argon2() -> str:
    """Whether Argon2 came ready-made or was built here, as far as can be told (docs/scaling.md says why)."""
    wheel = distribution("argon2-cffi-bindings").read_text("WHEEL") or ""
    if "manylinux" in wheel or "musllinux" in wheel:
        return ", with Argon2 built for any processor"
    return ", with Argon2 built on this machine" if "-linux_" in wheel else ""


async def _milliseconds(hasher: PooledPasswordHasher) -> float:
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        await hasher.hash(Password("a password that nobody has"))
        taken.append((time.perf_counter() - start) * 1000)
    return median(taken)
