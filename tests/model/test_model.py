"""The engine does what the reference foretells, whatever happens in whatever order."""

import os
import shutil
from collections import Counter
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from doorward.adapters.hashing import PooledPasswordHasher
from doorward.domain.policies.hashing import HashingPolicy
from model.affairs import FullLife
from model.machine import RUNS
from model.rules import CHANGED, RULES, rules_of
from model.world import World, policies
from support import servers

# Few runs are always the same ones, so that `make test` has one outcome; `make test-model` looks for new ones.
FEW = {"memory": 6, "sqlite": 2}
ASKED = int(os.environ.get("TEST_MODEL_RUNS", "0"))
STEPS = 60 if ASKED else 40
# Making a failure shorter takes minutes; ask for it with TEST_MODEL_SHRINK=1.
PHASES = (Phase.generate, Phase.shrink) if os.environ.get("TEST_MODEL_SHRINK") else (Phase.generate,)


@pytest.fixture(scope="module")
def hasher():
    quick = PooledPasswordHasher(HashingPolicy(memory_kib=8, time_cost=1, slots=2))
    yield quick
    quick.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A migrated database file to be copied."""
    path = tmp_path_factory.mktemp("model") / "empty.db"
    servers.migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module", autouse=True)
def figures():
    """Say at the end what was done, and how often it had which outcome."""
    yield
    totals = Counter({name: n for name, n in RUNS.items() if ":" not in name})
    print("\n", ", ".join(f"{n} {name}" for name, n in totals.items()))
    for name in sorted(set(RUNS) - set(totals)):
        print(f"  {RUNS[name]:7d}  {name}")


@pytest.mark.parametrize("backend", FEW)
@pytest.mark.parametrize("name", [*RULES, *CHANGED])
def test_the_engine_does_what_the_reference_foretells(name, backend, hasher, empty, tmp_path):
    """Outcomes, accounts, sessions and letters agree after every step."""
    profile, rules, changes = rules_of(name)
    chosen, serial = policies(profile, changes), count()

    def build(_):
        path = None
        if backend == "sqlite":
            path = tmp_path / f"{next(serial)}.db"
            shutil.copyfile(empty, path)
        return World(chosen, hasher, path)

    life = type("ServiceLife", (FullLife,), {"policy": rules, "build": build})
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=ASKED or FEW[backend],
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not ASKED,
            database=None,
            report_multiple_bugs=False,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )
