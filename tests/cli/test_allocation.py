"""The memory of large password hashes is kept; of small ones glibc keeps it by itself."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from doorward.cli.allocation import VARIABLE, keeping_memory
from doorward.domain.policies.hashing import HashingPolicy

LARGE = {"DOORWARD_HASHING__MEMORY_KIB": "65536", "DOORWARD_HASHING__TIME_COST": "1"}
COUNTING = """
import resource, sys
from argon2 import PasswordHasher
hasher = PasswordHasher(time_cost=1, memory_cost=65536, parallelism=1)
hasher.hash("once, so that there is something to keep")
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(4):
    hasher.hash("the same again")
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_nothing_is_told_where_nothing_is_gained():
    """The usual parameters, and other algorithms."""
    assert keeping_memory(HashingPolicy()) is None
    assert keeping_memory(HashingPolicy(algorithm="bcrypt", memory_kib=1 << 20)) is None


def test_what_is_told_keeps_the_memory():
    """Without it the system gives 16,000 pages to each hash; with it hardly any."""
    faults = {}
    for name, told in (("plain", None), ("kept", keeping_memory(HashingPolicy(memory_kib=65536)))):
        env = {key: value for key, value in os.environ.items() if key != VARIABLE}
        env |= {VARIABLE: told} if told else {}
        done = subprocess.run([sys.executable, "-c", COUNTING], env=env, capture_output=True, text=True, check=True)
        faults[name] = int(done.stdout)
    page = resource.getpagesize()
    assert faults["plain"] > 4 * (64 << 20) / page * 0.9
    assert faults["kept"] < faults["plain"] / 20


@pytest.mark.parametrize(("own", "is_told"), [({}, True), ({VARIABLE: ""}, False)])
def test_serve_tells_itself(launch, own, is_told):
    """The process that serves was begun with it; what the operator has said himself stays."""
    program = launch("modern", env=LARGE | own)

    begun_with = Path(f"/proc/{program.process.pid}/environ").read_text(encoding="utf-8")

    assert ("mmap_threshold=68157440" in begun_with) is is_told
    assert ("hugetlb=1" in begun_with) is is_told
