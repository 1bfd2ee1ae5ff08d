"""`python -m bench.importing`: `doorward users import` into PostgreSQL against plain COPY of the rows that it made.

BENCH_ROWS says how many (a million unless told), BENCH_ROUNDS how often. Each round imports a file into an empty
database and then copies the same rows of `users` into another whose table and indexes are the same.
"""

import asyncio
import csv
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from argon2 import PasswordHasher

from bench.console import SYLLABLES, scratch
from bench.servers import PASSWORD, free_port, service_settings
from doorward.domain.ids import new_id
from doorward.storages import open_storage

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
COLUMNS = ("id", "email", "first_name", "last_name", "password_hash", "created_at", "verified_at")


@dataclass(frozen=True)
class Took:
    """Seconds on the clock, and processor seconds of the client."""

    seconds: float
    cpu: float


def write_file(path: Path, count: int) -> None:
    """Users as another system would export them: made-up names, an Argon2 hash each."""
    chance, now = random.Random(7), datetime.now(UTC)
    stored = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(PASSWORD)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(count):
            at = now - timedelta(seconds=count - number)
            first, last = ("".join(chance.choices(SYLLABLES, k=3)).title() for _ in range(2))
            email, moment = f"{first}.{last}{number}@example{number % 50}.org".lower(), at.isoformat()
            writer.writerow((new_id(at), email, first, last, stored, moment, moment))


def imported(folder: Path, url: str, file: Path) -> Took:
    """Run the command as an operator would."""
    settings = service_settings(folder, free_port()) | {"DATABASE_URL": url}
    command = [sys.executable, "-m", "doorward", "users", "import", str(file)]
    cpu, begin = _children(), time.perf_counter()
    subprocess.run(command, env={**os.environ, **settings}, cwd=folder, check=True)
    return Took(time.perf_counter() - begin, _children() - cpu)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def _migrate(url: str) -> None:
    storage = open_storage(url)
    await storage.migrate()
    await storage.close()


async def copied(source: str, target: str, file: Path) -> Took:
    """Copy the users of one database into another; only the way in is timed."""
    reading, writing = await asyncpg.connect(source), await asyncpg.connect(target)
    try:
        await reading.copy_from_query("SELECT * FROM users ORDER BY id", output=file)
        cpu, begin = time.process_time(), time.perf_counter()
        await writing.copy_to_table("users", source=file)
        return Took(time.perf_counter() - begin, time.process_time() - cpu)
    finally:
        await reading.close()
        await writing.close()


def one_round(folder: Path, users: Path) -> tuple[Took, Took]:
    """An import and a copy of what came of it."""
    with scratch("postgresql", folder, ROWS) as ours, scratch("postgresql", folder, ROWS + 1) as plain:
        for url in (ours, plain):
            asyncio.run(_migrate(url))
        import_ = imported(folder, ours, users)
        return import_, asyncio.run(copied(ours, plain, folder / "rows.copy"))


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        users = Path(name) / "users.csv"
        write_file(users, ROWS)
        rounds = [one_round(Path(name), users) for _ in range(ROUNDS)]
    figures = {
        "import, rows a second": [ROWS / ours.seconds for ours, _ in rounds],
        "import, processor time of the command, us a row": [ours.cpu / ROWS * 1e6 for ours, _ in rounds],
        "COPY, rows a second": [ROWS / plain.seconds for _, plain in rounds],
        "import ÷ COPY": [plain.seconds / ours.seconds for ours, plain in rounds],
    }
    print(f"{ROWS} rows, {ROUNDS} rounds; medians and spread")
    for label, values in figures.items():
        print(f"{label:52} {statistics.median(values):10.2f}   ({min(values):.2f} to {max(values):.2f})")


if __name__ == "__main__":
    main()
