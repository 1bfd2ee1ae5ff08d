"""`scripts/build_argon2`: the same hashes, by an Argon2 that was built for this processor."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher

ROOT = Path(__file__).parents[2]
SHOW = """
from argon2 import PasswordHasher
from doorward.cli.checkups.hashing import origin_of_argon2
print(PasswordHasher().verify({stored!r}, "a long walk in the hills"), origin_of_argon2())
"""


def told(env=None):
    """What a new process says of a stored hash and of its Argon2."""
    stored = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("a long walk in the hills")
    command = [sys.executable, "-c", SHOW.format(stored=stored)]
    return subprocess.run(command, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(shutil.which("cc") is None, reason="it needs a C compiler")
def test_it_builds_the_pinned_version_for_this_machine(tmp_path):
    """Hashes made by one are right for the other, and `doorward doctor` can tell them apart."""
    env = {**os.environ, "PIP": f"{sys.executable} -m pip"}
    subprocess.run([ROOT / "scripts" / "build_argon2", "--target", tmp_path], env=env, check=True)
    pinned = next(
        line for line in (ROOT / "requirements/run.txt").read_text().splitlines() if "argon2-cffi-bind" in line
    )

    assert told().startswith("True")
    assert told({"PYTHONPATH": str(tmp_path)}) == "True , with Argon2 built on this machine\n"
    assert (tmp_path / f"argon2_cffi_bindings-{pinned.partition('==')[2].split()[0]}.dist-info").is_dir()
