"""Databases full of made-up accounts with what belongs to them, filled as fast as the engine takes it."""

import asyncio
import itertools
import random
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import asyncpg
from argon2 import PasswordHasher

from bench.servers import PASSWORD
from doorward.domain.search import search_key
from doorward.storages import open_storage

SIGNERS = 24
"""So many accounts can sign in, as bench0@example.com and so on."""
NEEDLE = "needle@example.net"
DAYS = 365
BATCH = 5000
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "al", "en", "ir")]
EVENTS = ("LOGIN_SUCCESS",) * 5 + ("LOGOUT",) * 2 + ("LOGIN_FAILURE", "SIGNUP", "EMAIL_VERIFIED")
USERS = (
    "id", "email", "first_name", "last_name", "password_hash", "status", "role", "failed_attempts", "created_at",
    "last_login_at", "verified_at", "password_changed_at", "first_name_key", "last_name_key", "email_domain",
)  # fmt: skip
SESSIONS = (
    "id", "user_id", "created_at", "last_used_at", "expires_at", "generation", "ended_at", "ip_address", "device"
)  # fmt: skip
ATTEMPTS = ("sequence", "id", "user_id", "email", "success", "attempt_time", "ip_address")
AUDIT = ("sequence", "id", "user_id", "event_type", "event_time", "details", "ip_address")
Cells = tuple[str | None, ...]


class Town:
    """Everybody who lives in a database of some size; the same people for the same size."""

    def __init__(self, count: int) -> None:
        self.count, self.now = count, datetime.now(UTC).replace(microsecond=0)
        self._chance = random.Random(7)
        self._hash = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(PASSWORD)
        self._begin, self._step = self.now - timedelta(days=DAYS), timedelta(days=DAYS) / count
        self._ids = [self._new_id(self._at(n)) for n in range(count)]

    def tables(self) -> Iterator[tuple[str, tuple[str, ...], Iterator[Cells]]]:
        """Each table with its columns and rows, values as both engines read them."""
        yield "users", USERS, self._users()
        yield "sessions", SESSIONS, self._sessions()
        yield "login_attempts", ATTEMPTS, self._attempts()
        yield "audit_logs", AUDIT, self._audit()

    def _at(self, number: float) -> datetime:
        return self._begin + self._step * number

    def _new_id(self, at: datetime) -> str:
        bits = self._chance.getrandbits
        return f"{int(at.timestamp() * 1000):012x}7{bits(12):03x}8{bits(60):015x}"

    def _address(self, number: int) -> str:
        return f"192.0.2.{number % 255}"

    def _email(self, number: int) -> str:
        signer, rest = divmod(number, max(1, self.count // SIGNERS))
        if not rest and signer < SIGNERS:
            return f"bench{signer}@example.com"
        return NEEDLE if number == self.count // 2 + 1 else f"person{number}@example{number % 500}.org"

    def _users(self) -> Iterator[Cells]:
        for number, user_id in enumerate(self._ids):
            email, at = self._email(number), _text(self._at(number))
            names = ["".join(self._chance.choices(SYLLABLES, k=3)).title() for _ in range(2)]
            first, last = ("Needle", "Haystack") if email == NEEDLE else names
            keys = (search_key(first), search_key(last), email.rpartition("@")[2])
            yield (user_id, email, first, last, self._hash, "ACTIVE", "user", "0", at, at, at, at, *keys)

    def _sessions(self) -> Iterator[Cells]:
        later = _text(self.now + timedelta(days=30))
        for number, user_id in enumerate(self._ids):
            at = self._at(number)
            ended = _text(at) if number % 2 else None
            yield (
                self._new_id(at), user_id, _text(at), _text(at), later, "1", ended, self._address(number),
                "Firefox on Linux",
            )  # fmt: skip

    def _attempts(self) -> Iterator[Cells]:
        for number in range(3 * self.count):
            who, at = self._chance.randrange(self.count), self._at(number / 3)
            succeeded = "1" if number % 10 else "0"
            yield (
                str(number + 1), self._new_id(at), self._ids[who], self._email(who), succeeded, _text(at),
                self._address(number),
            )  # fmt: skip

    def _audit(self) -> Iterator[Cells]:
        for number in range(10 * self.count):
            who, at = self._chance.randrange(self.count), self._at(number / 10)
            details = '{"method": "password", "device": "Firefox on Linux"}'
            yield (
                str(number + 1), self._new_id(at), self._ids[who], EVENTS[number % 10], _text(at), details,
                self._address(number),
            )  # fmt: skip


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"


def fill(url: str, count: int) -> dict[str, str]:
    """Make the tables and fill them; a week in the middle is returned as `since` and `until`."""
    asyncio.run(_migrate(url))
    town = Town(count)
    if url.startswith("sqlite"):
        _fill_sqlite(url.removeprefix("sqlite:///"), town)
    else:
        asyncio.run(_fill_postgresql(url, town))
    middle = town.now - timedelta(days=DAYS / 2)
    return {"since": f"{middle:%Y-%m-%dT%H:%M:%SZ}", "until": f"{middle + timedelta(days=7):%Y-%m-%dT%H:%M:%SZ}"}


async def _migrate(url: str) -> None:
    storage = open_storage(url)
    await storage.migrate()
    await storage.close()


def _fill_sqlite(path: str, town: Town) -> None:
    rows = sqlite3.connect(path)
    rows.execute("PRAGMA synchronous=OFF")
    rows.execute("PRAGMA cache_size=-1000000")
    for table, columns, cells in town.tables():
        places = ", ".join("?" * len(columns))
        rows.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", cells)
        rows.commit()
    rows.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    rows.close()


async def _fill_postgresql(url: str, town: Town) -> None:
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    for table, columns, cells in town.tables():
        await connection.copy_to_table(table, source=_lines(cells), columns=columns)
    await connection.close()
    storage = open_storage(url)
    await storage.archive.finish()
    await storage.close()
    await _settle(url)


async def _lines(cells: Iterator[Cells]):
    """Rows as COPY reads them; none of ours holds a tab or a backslash."""
    while batch := list(itertools.islice(cells, BATCH)):
        yield "".join("\t".join("\\N" if c is None else c for c in row) + "\n" for row in batch).encode()


async def _settle(url: str) -> None:
    """What autovacuum does a little later."""
    connection = await asyncpg.connect(url)
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
    await connection.close()


def sizes_of(url: str) -> str:
    """How much room each table takes with its indexes, in bytes a row where there are rows."""
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        rows = sqlite3.connect(path)
        pages, size = rows.execute("PRAGMA page_count").fetchone()[0], rows.execute("PRAGMA page_size").fetchone()[0]
        rows.close()
        return f"{pages * size / 1e6:.1f} MB"
    return asyncio.run(_sizes_on_postgresql(url))


async def _sizes_on_postgresql(url: str) -> str:
    connection = await asyncpg.connect(url)
    told = []
    for table in ("users", "sessions", "login_attempts", "audit_logs"):
        row = await connection.fetchrow(
            f"SELECT count(*) AS n, pg_table_size('{table}') AS t, pg_indexes_size('{table}') AS i FROM {table}"
        )
        told.append(f"{table} {row['t'] / row['n']:.0f}+{row['i'] / row['n']:.0f} B/row")
    whole = await connection.fetchval("SELECT pg_database_size(current_database())")
    await connection.close()
    return f"{', '.join(told)}; {whole / 1e6:.0f} MB"
