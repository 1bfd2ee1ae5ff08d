"""Run the tests of every storage, and the suite of every specification, on every backend; print a table.

    python scripts/test_matrix.py            the whole matrix: contract and all five specifications on each backend
    python scripts/test_matrix.py --named    each specification on the backends that it names, on SQLite where one of
                                             them is not to be had; other suites that are named too, on SQLite
    python scripts/test_matrix.py 002 http   only these suites; --on postgresql,mysql only these backends

A cell reads passed/failed/skipped. Backends whose TEST_..._URL is not set are left out, or with TEST_STRICT fail.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parent.parent
BACKENDS = ("sqlite", "postgresql", "mariadb", "mysql", "mongodb")
SPECS = ("000", "001", "002", "003", "004")
BESIDE = {"redis": "TEST_REDIS", "rabbitmq": "TEST_RABBITMQ"}
# What each specification names; a backend with its companions is one run.
NAMED = {
    "000": ("mysql",),
    "001": ("mongodb",),  # or MySQL, which specification 000 names
    "002": ("postgresql+redis",),
    "003": ("postgresql+redis+rabbitmq",),
    "004": ("postgresql",),
}
OUTCOMES = ("passed", "failed", "skipped")


@dataclass(frozen=True)
class Cell:
    """One suite on one backend."""

    suite: str
    backend: str

    def paths(self) -> list[str]:
        if self.suite in SPECS:
            return sorted(
                str(path.relative_to(ROOT)) for path in (ROOT / "tests/specs").glob(f"test_{self.suite}_*.py")
            )
        return [f"tests/{self.suite}"]

    def needs(self) -> list[str]:
        """Variables without which it cannot run."""
        return [f"TEST_{name.upper()}_URL" for name in self.backend.split("+") if name != "sqlite"]

    def command(self, report: Path) -> list[str]:
        chosen = ["-k", self.backend] if self.suite == "contract" else []
        return [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *chosen, *self.paths()]

    def environment(self) -> dict[str, str]:
        database, *beside = self.backend.split("+")
        return os.environ | {"TEST_BACKEND": database} | {BESIDE[name]: "1" for name in beside}


def run(cell: Cell, folder: Path) -> Counter[str]:
    """Run a cell, show its output only if something failed, and count outcomes."""
    report, begun = folder / f"{cell.suite}-{cell.backend}.xml", time.monotonic()
    done = subprocess.run(
        cell.command(report), cwd=ROOT, env=cell.environment(), capture_output=True, text=True, check=False
    )
    counts = outcomes(report) if report.exists() else Counter(failed=1)
    if done.returncode and not counts["failed"]:
        counts["failed"] += 1  # nothing was collected, or pytest itself failed
    if counts["failed"]:
        print(done.stdout[-20000:], done.stderr[-5000:], sep="\n")
    said = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES)
    print(f"{cell.suite:9} on {cell.backend:26} {said}  ({time.monotonic() - begun:.0f} s)", flush=True)
    return counts


def outcomes(report: Path) -> Counter[str]:
    """What a JUnit file says about each test."""
    counts: Counter[str] = Counter()
    for case in ET.parse(report).iter("testcase"):
        tags = {child.tag for child in case}
        counts["failed" if tags & {"failure", "error"} else "skipped" if "skipped" in tags else "passed"] += 1
    return counts


def table(found: dict[Cell, Counter[str]]) -> str:
    """Backends down, suites across."""
    suites = list(dict.fromkeys(cell.suite for cell in found))
    lines = [["backend", *suites]]
    for backend in dict.fromkeys(cell.backend for cell in found):
        counts = [found.get(Cell(suite, backend)) for suite in suites]
        lines.append([backend, *("" if c is None else "/".join(str(c[o]) for o in OUTCOMES) for c in counts)])
    widths = [max(len(line[column]) for line in lines) for column in range(len(suites) + 1)]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in lines)


def cells(arguments: argparse.Namespace) -> list[Cell]:
    suites = arguments.suites or ("contract", *SPECS)
    if arguments.named:
        specs = [spec for spec in SPECS if spec in suites] or SPECS
        wanted = [cell for spec in specs for cell in own_cells(spec)]
        return [Cell(suite, "sqlite") for suite in arguments.suites if suite not in SPECS] + wanted
    plain = [Cell(suite, backend) for backend in arguments.on.split(",") for suite in suites]
    asked = {cell.suite for cell in plain}
    return plain + [Cell(spec, b) for spec, backends in NAMED.items() for b in backends if "+" in b and spec in asked]


def own_cells(spec: str) -> list[Cell]:
    """A specification on what it names; also on SQLite, which is always there, if something of that is missing."""
    named = [Cell(spec, backend) for backend in NAMED[spec]]
    is_whole = all(os.environ.get(name) for cell in named for name in cell.needs())
    return named if is_whole else [*named, Cell(spec, "sqlite")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", help="contract, 000 … 004, http, …")
    parser.add_argument("--named", action="store_true", help="each specification on the backends it names")
    parser.add_argument("--jobs", type=int, default=1, help="how many cells are run at the same time")
    parser.add_argument("--on", default=",".join(BACKENDS), help="backends, with commas in between")
    found: dict[Cell, Counter[str]] = {}
    missing: dict[str, list[str]] = {}
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(arguments.jobs) as jobs:
        waiting: dict[Cell, Future[Counter[str]]] = {}
        for cell in cells(arguments):
            if absent := [name for name in cell.needs() if not os.environ.get(name)]:
                missing.setdefault(f"{cell.suite} on {cell.backend}", absent)
            else:
                waiting[cell] = jobs.submit(run, cell, Path(folder))
        found |= {cell: future.result() for cell, future in waiting.items()}
    print("\npassed/failed/skipped\n" + table(found))
    for what, names in missing.items():
        print(f"NOT RUN: {what}: {', '.join(names)} not set")
    failed = sum(counts["failed"] for counts in found.values())
    return 1 if failed or (missing and os.environ.get("TEST_STRICT")) else 0


if __name__ == "__main__":
    sys.exit(main())
