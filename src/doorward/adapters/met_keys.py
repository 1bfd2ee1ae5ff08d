"""Keys that a long file has named so far, kept on disk so that memory stays flat."""

import hashlib
import sqlite3
from collections.abc import Sequence

CACHE_KIB = 16 << 10


class MetKeys:
    """In which line each key stood first. The file is temporary and nameless, and holds digests, not keys."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("PRAGMA journal_mode=OFF")
        self._rows.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self._rows.execute("CREATE TABLE met (digest BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID")
        self._rows.execute("BEGIN")  # and never committed: nothing of it is kept

    def __call__(self, keys: Sequence[tuple[str, int]]) -> list[int]:
        """Note keys with their lines and return for each the line in which it stood first, which may be its own."""
        rows = [(_digest(key), line) for key, line in keys]
        before = self._rows.total_changes
        self._rows.executemany("INSERT OR IGNORE INTO met VALUES (?, ?)", rows)
        if self._rows.total_changes - before == len(rows):
            return [line for _, line in rows]
        return [self._first(digest) for digest, _ in rows]

    def close(self) -> None:
        """Remove the file."""
        self._rows.close()

    def _first(self, digest: bytes) -> int:
        (first,) = self._rows.execute("SELECT line FROM met WHERE digest = ?", (digest,)).fetchone()
        return int(first)


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=16).digest()
