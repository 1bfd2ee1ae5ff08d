"""Sign-ins on all cores, beside bare hashes at the same parameters."""

import uvloop

from bench.load import Conversation, endless, flood
from bench.processes import urgent
from bench.run import BUILT, OWASP, RFC9106, Run, closing, costs
from bench.subjects import Subject, sign_in

STAGE = "sign-ins"
FLOORS = {
    "bare hash, 19 MiB": ("plain", OWASP),
    "bare hash, 64 MiB": ("plain", RFC9106),
    "bare hash, 64 MiB, memory kept": ("kept", RFC9106),
    "bare hash, 64 MiB, memory kept in large pages": ("paged", RFC9106),
}


def entering(connections: int, first: int = 0) -> list[Conversation]:
    """Each connection signs in accounts of its own, so that none waits for another's reserved try."""
    return [_turns([first + n, first + n + connections]) for n in range(connections)]


def _turns(numbers: list[int]) -> Conversation:
    made = [sign_in(number) for number in numbers]
    turn = iter(range(1 << 62))
    return endless(lambda: made[next(turn) % len(made)])


def measure(run: Run) -> None:
    """Floors and sign-ins in turn."""
    found = {
        "Doorward, 19 MiB, PostgreSQL": run.product("postgresql").start("19"),
        "Doorward, 19 MiB, SQLite": run.product("sqlite").start("19 sqlite"),
        "Doorward, 64 MiB, PostgreSQL": run.product("postgresql", RFC9106).start("64"),
    }
    if run.argon2:
        for mib, hashing in (("19", OWASP), ("64", RFC9106)):
            product = run.product("postgresql", hashing, BUILT)
            found[f"Doorward, {mib} MiB, PostgreSQL, {BUILT}"] = product.start(f"{mib} built", **run.argon2)
    with closing(list(found.values())):
        for number in range(run.rounds):
            for name, (kind, hashing) in FLOORS.items():
                run.floor(STAGE, name, number, kind, hashing)
            if run.argon2:
                run.floor(STAGE, f"bare hash, 19 MiB, {BUILT}", number, "plain", OWASP, **run.argon2)
            for name, subject in found.items():
                for connections in (16, 64):
                    _one(run, name, subject, connections, number)


def _one(run: Run, name: str, subject: Subject, connections: int, number: int) -> None:
    meter = subject.meter()
    with urgent():
        met = uvloop.run(flood(subject.url, entering(connections), run.seconds(3)))
    spent = meter.spent()
    run.add(
        STAGE, name, str(connections), number, rate=met.rate, p50_ms=met.ms(0.5), p99_ms=met.p99, failed=met.failed,
        **costs(spent, met.answered),
    )  # fmt: skip
