"""Processor time and memory of what is measured, and what everybody else took meanwhile."""

import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name; nothing if the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def cpu_of(pid: int) -> float:
    """Seconds that one process has used; 0 if it is gone."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0


def started_at(pid: int) -> int:
    """When a process was started, in ticks; 0 if it is gone or only waits for its parent."""
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] != "Z" else 0


def thread_seconds(pid: int) -> float:
    """The same of a process with one thread, in nanoseconds instead of ticks."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def all_pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def tree(root: int) -> set[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for pid in all_pids():
        if fields := _stat(pid):
            children.setdefault(int(fields[1]), []).append(pid)
    found, waiting = set(), [root]
    while waiting:
        one = waiting.pop()
        found.add(one)
        waiting.extend(children.get(one, ()))
    return found


def postgres_titles() -> Iterator[tuple[int, str]]:
    """PostgreSQL's processes, with what each says of itself."""
    for pid in all_pids():
        try:
            title = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if title.startswith("postgres:"):
            yield pid, title


def backends(database: str) -> set[int]:
    """PostgreSQL's processes that serve one database, by their titles."""
    return {pid for pid, title in postgres_titles() if database in title.split()}


def ended_backends() -> float:
    """Seconds that PostgreSQL's processes which are gone have used, as their parents keep them."""
    parents = {fields[1] for pid, _ in postgres_titles() if (fields := _stat(pid))}
    kept = (_stat(int(pid)) for pid in parents)
    return sum(int(fields[13]) + int(fields[14]) for fields in kept if fields) / TICKS


def pss_mib(pids: Iterable[int]) -> float:
    """Memory with shared pages divided among those who share them."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def busy_seconds() -> tuple[float, float]:
    """What all cores have worked since the machine started, and what the host took away (steal)."""
    first = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, _, _, irq, softirq, steal = (int(field) for field in first[:8])
    return (user + nice + system + irq + softirq) / TICKS, steal / TICKS


def own_seconds(databases: Iterable[str]) -> float:
    """What the harness, all that it has started and the backends of its databases have used, gone ones included."""
    reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
    pids = tree(os.getpid()).union(*(backends(name) for name in databases))
    return reaped.ru_utime + reaped.ru_stime + ended_backends() + sum(cpu_of(pid) for pid in pids)


@dataclass(frozen=True)
class Spent:
    """Between two moments: seconds of the server, of its database, and cores that others kept busy."""

    server: float
    database: float
    foreign: float
    steal: float
    seconds: float


class Meter:
    """Reads the clocks of one subject when it is made and when it is asked.

    Backends that are gone by the end are missed, so a subject keeps its connections while it is measured.
    """

    def __init__(self, pid: int, database: str | None, every_database: Callable[[], Iterable[str]]) -> None:
        self._pid, self._database, self._every = pid, database, every_database
        self._began = time.perf_counter()
        self._server, self._backends = self._read()
        self._busy, self._steal = busy_seconds()
        self._own = own_seconds(every_database())

    def _read(self) -> tuple[dict[int, float], dict[int, float]]:
        server = {pid: cpu_of(pid) for pid in tree(self._pid)}
        return server, {pid: thread_seconds(pid) for pid in backends(self._database)} if self._database else {}

    def spent(self) -> Spent:
        seconds = time.perf_counter() - self._began
        server, database = self._read()
        busy, steal = busy_seconds()
        foreign = busy - self._busy - (own_seconds(self._every()) - self._own)
        return Spent(
            server=grown(self._server, server),
            database=grown(self._backends, database),
            foreign=max(0.0, foreign) / seconds,
            steal=(steal - self._steal) / seconds,
            seconds=seconds,
        )


def grown(before: dict[int, float], after: dict[int, float]) -> float:
    """What the processes of `after` have used since `before`; a new one counts from nothing."""
    return sum(max(0.0, used - before.get(pid, 0.0)) for pid, used in after.items())


@contextmanager
def urgent() -> Iterator[bool]:
    """Run this process, not what it starts, before all others: a late client would measure itself."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except PermissionError:
        yield False
        return
    try:
        yield True
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
