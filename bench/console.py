"""`python -m bench.console`: the console's list of users among few accounts and among many, in one interleaved run."""

import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import sqlalchemy

from bench.servers import PASSWORD, Server, free_port, service_settings, start_service
from doorward.domain.ids import new_id
from doorward.domain.search import search_keys
from doorward.domain.user import Profile, User
from doorward.ports.archive import Row
from doorward.storages import open_storage

FEW, *_, MANY = (int(count) for count in os.environ.get("BENCH_USERS", "1000,100000").split(","))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
REPEATS = 20
BATCH = 2000
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "al", "en", "ir")]
PAGES = {
    "first page": "/admin/users",
    "one account by address": "/admin/users?q=needle@example.com",
    "full name": "/admin/users?q=Needle+Haystack",
    "nothing found": "/admin/users?q=nobodyatall",
    "the API's first page": "/v1/admin/users?limit=50",
    "the API's search by name": "/v1/admin/users?limit=50&q=Needle+Haystack",
}


def rows(count: int) -> Iterator[Row]:
    """Accounts with made-up names, and one needle among them."""
    chance, now = random.Random(7), datetime.now(UTC)
    for number in range(count):
        at = now - timedelta(seconds=count - number)
        first, last = ("".join(chance.choices(SYLLABLES, k=3)).title() for _ in range(2))
        if number == count // 2:
            first, last = "Needle", "Haystack"
        email = "needle@example.com" if first == "Needle" else f"{first}.{last}{number}@example.org".lower()
        user = User(
            id=new_id(at),
            email=email,
            profile=Profile(first_name=first, last_name=last),
            password_hash="!",
            created_at=at,
            verified_at=at,
            password_changed_at=at,
        )
        members = {name: getattr(user, name) for name in User.__slots__ if name != "profile"}
        profile = {name: getattr(user.profile, name) for name in Profile.__slots__}
        yield {**members, **profile, **search_keys(user)}


async def fill(url: str, count: int) -> None:
    """Make the tables and put the accounts there."""
    storage = open_storage(url)
    await storage.migrate()
    made = list(rows(count))
    for begin in range(0, count, BATCH):
        await storage.archive.write("users", made[begin : begin + BATCH])
    await storage.archive.finish()
    await storage.close()


@contextmanager
def scratch(kind: str, folder: Path, count: int) -> Iterator[str]:
    """The URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / f'{count}.db'}"
        return
    server = sqlalchemy.make_url(os.environ["TEST_POSTGRESQL_URL"])
    name = f"doorward_bench_{os.getpid()}_{count}"
    asyncio.run(_tell_postgresql(f"CREATE DATABASE {name}"))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        asyncio.run(_tell_postgresql(f"DROP DATABASE {name} WITH (FORCE)"))


async def _tell_postgresql(statement: str) -> None:
    connection = await asyncpg.connect(os.environ["TEST_POSTGRESQL_URL"])
    await connection.execute(statement)
    await connection.close()


def cookie(service: Server, folder: Path, settings: dict[str, str]) -> dict[str, str]:
    """What lets an administrator in: the session in both forms."""
    command = [sys.executable, "-m", "doorward", "users", "create", "root@example.net", "--password-stdin"]
    options = ["--role", "admin", "--verified"]
    environment = {**os.environ, **settings}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*command, *options], input=PASSWORD.encode(), env=environment, cwd=folder, check=True, **quiet)
    typed = urllib.parse.urlencode({"identifier": "root@example.net", "password": PASSWORD}).encode()

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    opener = urllib.request.build_opener(Stay)
    asked = urllib.request.Request(f"{service.url}/sign-in", typed, {"Origin": service.url})
    try:
        opener.open(asked)
    except urllib.error.HTTPError as answer:
        found = [c.partition(";")[0] for c in answer.headers.get_all("set-cookie") or []]
    token = next(c for c in found if "doorward_session=" in c)
    return {"Cookie": token, "Accept": "text/html"}


def median_ms(service: Server, path: str, headers: dict[str, str]) -> float:
    """Of some requests, one after the other."""
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        with urllib.request.urlopen(urllib.request.Request(service.url + path, headers=headers)) as answer:
            answer.read()
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1000


def measure(kind: str) -> None:
    """Two services side by side, asked in turns."""
    with ExitStack() as stack:
        served = []
        for count in (FEW, MANY):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url, port = stack.enter_context(scratch(kind, folder, count)), free_port()
            asyncio.run(fill(url, count))
            settings = service_settings(folder, port) | {"DATABASE_URL": url}
            service = start_service(folder, port, settings)
            stack.callback(service.stop)
            served.append((service, cookie(service, folder, settings)))
        for name, path in PAGES.items():
            few, many = [], []
            for _ in range(ROUNDS):
                few.append(median_ms(*_asked(served[0], path)))
                many.append(median_ms(*_asked(served[1], path)))
            ratios = [b / a for a, b in zip(few, many, strict=True)]
            print(
                f"{kind:11} {name:26} {statistics.median(few):7.1f} ms {statistics.median(many):7.1f} ms   "
                f"x {statistics.median(ratios):.2f}   ({min(ratios):.2f} to {max(ratios):.2f})"
            )


def _asked(served: tuple[Server, dict[str, str]], path: str) -> tuple[Server, str, dict[str, str]]:
    return served[0], path, served[1]


def main() -> None:
    """Measure and print."""
    print(f"{FEW} and {MANY} accounts, medians of {ROUNDS} rounds of {REPEATS} requests; growth and its spread")
    for kind in ("sqlite", "postgresql") if os.environ.get("TEST_POSTGRESQL_URL") else ("sqlite",):
        measure(kind)


if __name__ == "__main__":
    main()
