"""`python -m bench.growth`: what is asked most, among few accounts and among many, in one interleaved run.

BENCH_USERS names the sizes (1000,100000,1000000 unless told), each with ten audit rows, three tries to sign in and a
session an account; BENCH_ENGINES which databases, BENCH_ROUNDS and BENCH_SECONDS how long. Every figure is processor
time of one request, the service's and its database server's together; growth is against the smallest size of the
same round.
"""

import asyncio
import itertools
import json
import os
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from bench.console import cookie, scratch
from bench.filling import NEEDLE, SIGNERS, fill, sizes_of
from bench.load import load, request
from bench.servers import PASSWORD, Server, free_port, service_settings, start_service

SIZES = [int(size) for size in os.environ.get("BENCH_USERS", "1000,100000,1000000").split(",")]
ENGINES = os.environ.get("BENCH_ENGINES", "sqlite,postgresql").split(",")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))
JSON = {"Content-Type": "application/json"}
LISTS = {
    "first page of accounts": "/v1/admin/users?limit=50",
    "oldest accounts first": "/v1/admin/users?limit=50&sort=created_at",
    "search, one address": f"/v1/admin/users?limit=50&q={NEEDLE}",
    "search, a full name": "/v1/admin/users?limit=50&q=Needle+Haystack",
    "search, nothing found": "/v1/admin/users?limit=50&q=nobodyatall",
    "first page of the log": "/v1/audit?limit=50",
    "the log, one event": "/v1/audit?limit=50&event_type=LOGIN_FAILURE",
    "the log, one week": "/v1/audit?limit=50&since={since}&until={until}",
    "console, accounts": "/admin/users",
    "console, the log": "/admin/audit",
}
Requests = Callable[[], bytes]


@dataclass
class Subject:
    """A service over a database of one size, and what is asked of it."""

    size: int
    url: str
    service: Server
    asked: dict[str, Requests] = field(default_factory=dict)

    def cpu(self, requests: Requests) -> tuple[float, float]:
        """Processor microseconds of one request: the service's, and those of its connections to a database server."""
        before = _spent(self.service.process.pid), self._database()
        found = load(self.service.url, requests, connections=2, seconds=SECONDS)
        if found.failed:
            raise RuntimeError(f"{found.failed} of {found.answered} requests failed")
        after = _spent(self.service.process.pid), self._database()
        return (after[0] - before[0]) / found.answered / 1000, (after[1] - before[1]) / found.answered / 1000

    def _database(self) -> int:
        if not self.url.startswith("postgresql"):
            return 0
        return sum(map(_spent, asyncio.run(_backends(self.url))))


async def _backends(url: str) -> list[int]:
    connection = await asyncpg.connect(url)
    wanted = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    found = [row["pid"] for row in await connection.fetch(wanted)]
    await connection.close()
    return found


def _spent(process: int) -> int:
    """Nanoseconds that all threads of a process were running."""
    tasks = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks)


def _signed_in(service: Server) -> list[dict[str, str]]:
    """What the accounts that can sign in show from then on."""
    headers = []
    for number in range(SIGNERS):
        asked = urllib.request.Request(f"{service.url}/v1/sessions", _credentials(number), JSON)
        with urllib.request.urlopen(asked) as answer:
            headers.append({"Authorization": f"Bearer {json.load(answer)['access_token']}"})
    return headers


def _credentials(number: int) -> bytes:
    return json.dumps({"identifier": f"bench{number}@example.com", "password": PASSWORD}).encode()


def _in_turn(made: list[bytes]) -> Requests:
    turns = itertools.cycle(made)
    return lambda: next(turns)


def prepared(stack: ExitStack, engine: str, size: int) -> Subject:
    """A database of that size with a service over it."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    url, port = stack.enter_context(scratch(engine, folder, size)), free_port()
    week = fill(url, size)
    print(f"{engine}, {size} accounts: {sizes_of(url)}", flush=True)
    settings = service_settings(folder, port) | {"DATABASE_URL": url}
    service = start_service(folder, port, settings)
    stack.callback(service.stop)
    subject, owners, admin = Subject(size, url, service), _signed_in(service), cookie(service, folder, settings)
    entering = [request("POST", "/v1/sessions", headers=JSON, body=_credentials(n)) for n in range(SIGNERS)]
    subject.asked = {
        "sign-in": _in_turn(entering),
        "session check": _in_turn([request("GET", "/v1/session", headers=own) for own in owners]),
        "GET /v1/me": _in_turn([request("GET", "/v1/me", headers=own) for own in owners]),
        "my own log": _in_turn([request("GET", "/v1/me/audit", headers=own) for own in owners]),
    }
    for name, path in LISTS.items():
        subject.asked[name] = _in_turn([request("GET", path.format(**week), headers=admin)])
    return subject


def rounds(subjects: list[Subject], name: str) -> Iterator[list[tuple[float, float]]]:
    """Each subject in turn, in an order that turns too."""
    for subject in subjects:
        subject.cpu(subject.asked[name])  # what is asked for the first time costs more
    for number in range(ROUNDS):
        order = subjects if number % 2 == 0 else subjects[::-1]
        found = {subject.size: subject.cpu(subject.asked[name]) for subject in order}
        yield [found[subject.size] for subject in subjects]


def measure(engine: str) -> None:
    """Print a line for each thing asked and each size but the smallest."""
    with ExitStack() as stack:
        subjects = [prepared(stack, engine, size) for size in SIZES]
        wanted = sys.argv[1:] or list(subjects[0].asked)
        for name in wanted:
            figures = list(rounds(subjects, name))
            for index, subject in enumerate(subjects):
                own = [sum(one[index]) for one in figures]
                growth = [sum(one[index]) / sum(one[0]) for one in figures]
                database = statistics.median(one[index][1] for one in figures)
                print(
                    f"{engine:10} {name:24} {subject.size:8} {statistics.median(own):9.0f} us, database "
                    f"{database:7.0f}   x {statistics.median(growth):.3f}   ({min(growth):.3f} to {max(growth):.3f})",
                    flush=True,
                )


def main() -> None:
    """Measure and print."""
    for engine in ENGINES:
        measure(engine)


if __name__ == "__main__":
    main()
