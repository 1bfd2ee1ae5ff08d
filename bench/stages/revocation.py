"""How long after a sign-out's answer some worker of some process still lets the session in."""

import asyncio
import re
import time
from pathlib import Path

import uvloop

from bench.load import Talker, connect, request
from bench.processes import tree, urgent
from bench.run import Run, closing
from bench.subjects import Subject, ask_all, sign_in

STAGE = "revocation"
SIGN_OUTS, PATIENCE, MOST_CONNECTIONS = 4, 10.0, 64
PAUSE = 0.001
"""Between two questions of a connection, so that the asking itself delays no worker."""


def measure(run: Run) -> None:
    """Two processes of two workers on two ports, on each storage."""
    redis = {"REDIS_URL": run.place.redis}
    ways = {"PostgreSQL": ("postgresql", {}), "SQLite": ("sqlite", {})}
    if run.place.redis:
        ways["PostgreSQL with Redis"] = ("postgresql", redis)
    else:
        run.leave_out("Redis: TEST_REDIS_URL is not set (revocation)")
    pairs = {
        title: [run.product(kind).start(title, workers=2, **settings) for _ in range(2)]
        for title, (kind, settings) in ways.items()
    }
    with closing([one for pair in pairs.values() for one in pair]):
        for number in range(run.rounds):
            for title, pair in pairs.items():
                with urgent():
                    late = uvloop.run(_late(pair))
                run.add(STAGE, f"Doorward, {title}", "2 x 2 workers", number, worst_ms=max(late), least_ms=min(late))


async def _late(pair: list[Subject]) -> list[float]:
    talkers = [talker for subject in pair for talker in await _every_worker(subject)]
    found = [await _one(pair[number % 2], talkers, number) for number in range(SIGN_OUTS)]
    for talker in talkers:
        talker.close()
    return found


async def _one(subject: Subject, talkers: list[Talker], number: int) -> float:
    """Milliseconds from the answer of one sign-out to the last check that was let in; 0 if none was."""
    answer = (await asyncio.to_thread(ask_all, subject.url, [sign_in(number)]))[0]
    shown = subject.check_headers(subject.token(answer))
    asked, ending = (
        request("GET", "/v1/session", headers=shown),
        request("DELETE", "/v1/sessions/current", headers=shown),
    )
    for talker in talkers:
        if (await talker.ask(asked)).status != 200:
            raise RuntimeError("a session that was just opened is not known")
    signing_out = await connect(subject.url)
    if (await signing_out.ask(ending)).status != 200:
        raise RuntimeError("the sign-out was refused")
    signed_out = time.perf_counter()
    signing_out.close()
    return 1000 * max(await asyncio.gather(*(_last_welcome(talker, asked, signed_out) for talker in talkers)))


async def _last_welcome(talker: Talker, asked: bytes, since: float) -> float:
    """Ask until refused; seconds from `since` until the last question that was answered with the session."""
    last = 0.0
    while time.perf_counter() - since < PATIENCE:
        begun = time.perf_counter()
        if (await talker.ask(asked)).status == 401:
            return last
        last = begun - since
        await asyncio.sleep(PAUSE)
    return PATIENCE


async def _every_worker(subject: Subject) -> list[Talker]:
    """Connections of which each worker has at least one."""
    talkers: list[Talker] = []
    port = int(subject.url.rpartition(":")[2])
    while len(talkers) < MOST_CONNECTIONS:
        talkers.append(await connect(subject.url))
        if (await talkers[-1].ask(request("GET", "/health"))).status == 200 and _workers_with(subject, port) >= 2:
            return talkers
    raise RuntimeError("one worker takes all connections")


def _workers_with(subject: Subject, port: int) -> int:
    """How many processes hold an established connection to their port."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {line[9] for line in lines if line[3] == "01" and int(line[1].rpartition(":")[2], 16) == port}
    return sum(bool(_sockets(pid) & inodes) for pid in tree(subject.server.process.pid))


def _sockets(pid: int) -> set[str]:
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        match = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
        if match:
            found.add(match[1])
    return found
