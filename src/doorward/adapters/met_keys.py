"""Keys that a long file has named so far, kept on disk so that memory stays flat."""

import hashlib
import sqlite3

CACHE_KIB = 16 << 10

class MetKeys:
    """In which line each key stood first. The file is temporary and nameless, and holds digests, not keys."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("PRAGMA journal_mode=OFF")
        self._rows.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self._rows.execute("CREATE TABLE met (digest BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID")

    def __call__(self, key: str, line: int) -> int:
        """Note a key and return the line in which it stood first, which may be this one."""
        digest = hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=16).digest()
        if self._rows.execute("INSERT OR IGNORE INTO met VALUES (?, ?)", (digest, line)).rowcount:
            return line
        (first,) = self._rows.execute("SELECT line FROM met WHERE digest = ?", (digest,)).fetchone()
        return int(first)

    def close(self) -> None:
        """Remove the file."""
        self._rows.close()
