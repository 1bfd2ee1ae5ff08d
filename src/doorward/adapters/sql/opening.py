"""Which SQL database a URL names."""

from pathlib import Path

from doorward.adapters.sql.engine import Database, SqliteDatabase

SQLITE = "sqlite:///"


def open_database(url: str) -> Database:
    """Open a file, or a server's database; nothing is connected to a server yet.

    Raises:
        ValueError: the URL makes no sense.
        ModuleNotFoundError: the server's driver is not installed.
        OSError: the file cannot be opened.
    """
    if url.startswith("sqlite:"):
        path = url.removeprefix(SQLITE)
        if path in (url, ""):
            raise ValueError("write it as sqlite:///path/to/file.db, with four slashes for an absolute path")
        return SqliteDatabase(Path(path))
    if url.startswith("postgres"):
        from doorward.adapters.sql.postgres import PostgresDatabase  # noqa: PLC0415 - the drivers are extras

        return PostgresDatabase(url)
    from doorward.adapters.sql.server import ServerDatabase  # noqa: PLC0415 - the drivers are extras

    return ServerDatabase(url)
