"""One run: its rounds, what it has started, and every figure that it has measured."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bench.figures import Spread
from bench.floors import Floor, measure
from bench.peers import NotToBeHad, Peer
from bench.processes import Spent
from bench.subjects import Place, Product, Subject, own_argon2

OWASP, RFC9106 = (19456, 2, 1), (65536, 3, 1)
"""Memory in KiB, passes and lanes: OWASP's first choice, and twice RFC 9106's second with one lane."""
PLENTY, FEW = 2000, 128
BUILT = "Argon2 built here"
"""What stands in the names of those whose Argon2 was built for this processor (`make argon2`)."""


@dataclass(frozen=True)
class Row:
    """What one subject did in one round."""

    stage: str
    subject: str
    case: str
    round: int
    figures: dict[str, float]


@dataclass
class Run:
    """The run that stages add their rows to.

    Attributes:
        place: databases and folders; None for a run that is over.
        rounds: how often each subject takes its turn.
        pace: seconds are multiplied by this.
        peers: those that are there.
        left_out: those that are not, and why.
    """

    place: Place | None
    rounds: int
    pace: float
    peers: list[Peer] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    _products: dict[tuple[str, tuple[int, int, int], str], Product] = field(default_factory=dict)

    def seconds(self, usual: float) -> float:
        return usual * self.pace

    def product(self, kind: str, hashing: tuple[int, int, int] = OWASP, use: str = "") -> Product:
        """Doorward's database of that kind for that use, made when first needed; servers on one share its work."""
        key = (kind, hashing, use)
        if key not in self._products:
            accounts = PLENTY if key == ("postgresql", OWASP, "") else FEW
            self._products[key] = Product(self.place, kind, accounts=accounts, hashing=hashing)
        return self._products[key]

    def add(self, stage: str, subject: str, case: str, number: int, **figures: float) -> None:
        self.rows.append(Row(stage, subject, case, number, figures))
        shown = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
        turn = f"{time.monotonic() - self.began:6.0f} s  {stage:11} {number + 1}/{self.rounds}"
        sys.stderr.write(f"{turn}  {subject:36} {case:14} {shown}\n")

    @cached_property
    def argon2(self) -> dict[str, str] | None:
        """The environment with an Argon2 for this processor, if it can be built."""
        try:
            return own_argon2()
        except NotToBeHad as error:
            self.leave_out(str(error))
            return None

    def floor(self, stage: str, name: str, number: int, kind: str, hashing: tuple[int, int, int], **more: str) -> Floor:
        """Measure bare hashes beside the subjects of a round; `more` are variables of their environment."""
        found = measure(kind, hashing, self.seconds(1.5), more)
        self.add(stage, name, "hashes", number, rate=found.rate, server_cpu_us=found.cpu * 1e6)
        return found

    def started(self, stage: str, names: Iterable[str], start: Callable[[str], Subject]) -> Iterator[Subject]:
        """Start what can be started and say loudly what cannot."""
        for name in names:
            try:
                yield start(name)
            except NotToBeHad as error:
                self.leave_out(f"{error} ({stage})")

    def leave_out(self, why: str) -> None:
        self.left_out.append(why)
        sys.stderr.write(f"\n*** LEFT OUT: {why}\n\n")

    def values(self, stage: str, subject: str, case: str, figure: str) -> list[float]:
        """One figure, round by round."""
        return [
            row.figures[figure]
            for row in self.rows
            if (row.stage, row.subject, row.case) == (stage, subject, case) and figure in row.figures
        ]

    def spread(self, stage: str, subject: str, case: str, figure: str) -> Spread | None:
        values = self.values(stage, subject, case, figure)
        return Spread.of(values) if values else None

    def subjects(self, stage: str) -> list[str]:
        return list(dict.fromkeys(row.subject for row in self.rows if row.stage == stage))

    def cases(self, stage: str, subject: str) -> list[str]:
        return list(dict.fromkeys(row.case for row in self.rows if (row.stage, row.subject) == (stage, subject)))


def costs(spent: Spent, answered: int) -> dict[str, float]:
    """Processor time of one request, and what disturbed it."""
    return {
        "server_cpu_us": 1e6 * spent.server / max(1, answered),
        "database_cpu_us": 1e6 * spent.database / max(1, answered),
        "foreign": spent.foreign,
        "steal": spent.steal,
    }


def cores_apart() -> tuple[int | None, int | None]:
    """The core of a server and that of its client and database; nothing where there is but one."""
    return (1, 0) if (os.cpu_count() or 1) > 1 else (None, None)


def closing(subjects: list[Subject]) -> ExitStack:
    """Stop these when the stage is over."""
    stack = ExitStack()
    for subject in subjects:
        stack.callback(subject.stop)
    return stack


def as_json(run: Run, machine: dict[str, Any]) -> dict[str, Any]:
    return {"machine": machine, "left_out": run.left_out, "rows": [vars(row) for row in run.rows]}


def from_json(found: dict[str, Any]) -> Run:
    """A run that was measured before, to be looked at again."""
    machine = found["machine"]
    rows = [Row(**one) for one in found["rows"]]
    return Run(None, machine["rounds"], machine["pace"], left_out=found["left_out"], rows=rows)
