"""The goals, and how each is worked out of the figures of one run."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.figures import Goal, Spread, Verdict, ratios
from bench.processes import CORES
from bench.run import BUILT, Run

CACHED, ASKING = "Doorward, cache, PostgreSQL", "Doorward, no cache, PostgreSQL"
SMALL, LARGE = "Doorward, 19 MiB, PostgreSQL", "Doorward, 64 MiB, PostgreSQL"
HASH_MIB = 19


@dataclass(frozen=True)
class Reached:
    """A goal and what was measured."""

    goal: Goal
    found: Spread | None

    @property
    def verdict(self) -> Verdict:
        return self.goal.verdict(self.found)


def reached(run: Run) -> list[Reached]:
    """All rows in order."""
    rows = [*_sign_ins(run), *_checks(run), *_floods(run), *_starts(run), *_revocation(run)]
    return [Reached(goal, Spread.of(values) if values else None) for goal, values in rows]


Rows = list[tuple[Goal, list[float]]]


def _sign_ins(run: Run) -> Rows:
    def of(subject: str, case: str, figure: str = "rate", stage: str = "sign-ins") -> list[float]:
        return run.values(stage, subject, case, figure)

    small = of("bare hash, 19 MiB", "hashes")
    kept, paged = (of(f"bare hash, 64 MiB, memory kept{more}", "hashes") for more in ("", " in large pages"))
    bare = of("bare hash, 19 MiB", "hashes", "server_cpu_us")
    floor = of("bare hash, 19 MiB", "hashes", stage="sign-ups")
    rows: Rows = []
    for more, said in (("", ""), (f", {BUILT}", f"; {BUILT}, the floor as it comes")):
        for subject, hashes, words in (
            (SMALL, small, "19 MiB, plain"),
            (LARGE, kept, "64 MiB, memory kept"),
            (LARGE, paged, "64 MiB, memory kept in large pages, as ours is"),
        ):  # fmt: skip
            for case in ("16", "64"):
                what = f"sign-ins/s ÷ bare hashes/s, {words}, {case} connections{said}"
                rows.append((Goal(1, what, 0.95, 0.97, True), _where_both(of(subject + more, case), hashes)))
        parts = [of(SMALL + more, "16", f"{part}_cpu_us") for part in ("server", "database")]
        what = f"CPU of a bare hash ÷ CPU of a sign-in (server and database), 19 MiB{said}"
        rows.append((Goal(2, what, 0.90, 0.95, True), _where_both(bare, [a + b for a, b in zip(*parts, strict=True)])))
        for case in ("16", "64"):
            what = f"sign-ups/s ÷ bare hashes/s, with outbox, audit and mail, {case} connections{said}"
            values = _where_both(of(f"Doorward, PostgreSQL{more}", case, stage="sign-ups"), floor)
            rows.append((Goal(3, what, 0.90, 0.95, True), values))
    return rows


def _checks(run: Run) -> Rows:
    def of(subject: str, figure: str = "rate") -> list[float]:
        return run.values("checks", subject, "16", figure)

    return [
        (
            Goal(4, "server CPU of a session check ÷ bare ASGI hello, 16 connections", 2.0, 1.4, False),
            ratios(of(CACHED, "server_cpu_us"), of("bare ASGI hello", "server_cpu_us")),
        ),
        (
            Goal(5, "checks/s per core ÷ better-auth with cookie cache", 10, 25, True),
            _where_both(of(CACHED), of("better-auth, cookie-cache")),
        ),
        (
            Goal(6, "the same, the database asked each time ÷ better-auth with database session", 4, 8, True),
            _where_both(of(ASKING), of("better-auth, database")),
        ),
    ]


def _where_both(above: list[float], below: list[float]) -> list[float]:
    """Nothing where one of them is not there."""
    return ratios(above, below) if above and below else []


def _floods(run: Run) -> Rows:
    rows: Rows = []
    words = {"right": "right passwords", "wrong": "wrong passwords and unknown users"}
    subjects = ("Doorward, 1 worker", "Doorward, 2 workers")
    for subject in subjects:
        idle = run.values("floods", subject, "idle", "p99_ms")
        for case, said in words.items():
            what = f"check p99 while 64 connections sign in ÷ idle, {said}, {subject.partition(', ')[2]}"
            rows.append((Goal(7, what, 4, 2, False), ratios(run.values("floods", subject, case, "p99_ms"), idle)))
    for subject in subjects:
        what = f"memory growth in that flood ÷ (cores times {HASH_MIB} MiB), {subject.partition(', ')[2]}"
        before = run.values("floods", subject, "idle", "pss_mib")[:1]
        grown = [
            (after - before[0]) / (CORES * HASH_MIB) for after in run.values("floods", subject, "right", "pss_mib")
        ]
        rows.append((Goal(8, what, 1.2, None, False), grown))
    return rows


def _starts(run: Run) -> Rows:
    def against(figure: str) -> list[float]:
        own = run.values("starts", "Doorward, PostgreSQL", "start", figure)
        return _where_both(own, run.values("starts", "fastapi-users", "start", figure))

    return [
        (Goal(9, "cold start to the first 200 ÷ fastapi-users", 1.0, 0.7, False), against("seconds")),
        (Goal(9, "idle memory ÷ fastapi-users", 1.0, 0.7, False), against("pss_mib")),
    ]


def _revocation(run: Run) -> Rows:
    of: Callable[[str], list[float]] = lambda title: run.values(  # noqa: E731
        "revocation", f"Doorward, {title}", "2 x 2 workers", "worst_ms"
    )
    bounds = {"PostgreSQL": 100, "PostgreSQL with Redis": 100, "SQLite": 1000}
    return [
        (Goal(12, f"ms from a sign-out's answer until every worker refuses, {title}", most, None, False), of(title))
        for title, most in bounds.items()
    ]
