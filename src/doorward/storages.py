"""Which storage a database URL names."""

from collections.abc import Callable, Mapping

from doorward.adapters.sql.opening import open_database
from doorward.adapters.sql.storage import SqlStorage
from doorward.extras import CannotStart, needing
from doorward.ports.storage import Storage
from doorward.ports.store import Committed

Opener = Callable[[str, Committed], Storage]


def _sql(url: str, committed: Committed) -> Storage:
    return SqlStorage(open_database(url), committed)


def _mongo(url: str, committed: Committed) -> Storage:
    from doorward.adapters.mongodb.storage import MongoStorage  # noqa: PLC0415 - an extra

    return MongoStorage(url, committed)


# Scheme: what opens it, and the extra that its driver comes with.
OPENERS: Mapping[str, tuple[Opener, str]] = {
    "sqlite": (_sql, ""),
    "postgresql": (_sql, "postgres"),
    "postgres": (_sql, "postgres"),
    "mysql": (_sql, "mysql"),
    "mariadb": (_sql, "mysql"),
    "mongodb": (_mongo, "mongo"),
    "mongodb+srv": (_mongo, "mongo"),
}


def open_storage(url: str, committed: Committed = lambda _: None, *, setting: str = "DATABASE_URL") -> Storage:
    """Open the database that a URL names, which `setting` holds; no server is asked yet.

    Raises:
        CannotStart: no adapter for such a URL, a package that it needs is missing, or its file cannot be opened.
    """
    scheme, _, rest = url.partition(":")
    opener, extra = OPENERS.get(scheme, (None, ""))
    if opener is None or not rest.startswith("//"):
        raise CannotStart(f"{setting}: it must begin with one of {', '.join(f'{name}://' for name in OPENERS)}.")
    try:
        with needing(extra, setting):
            return opener(url, committed)
    except OSError as error:
        raise CannotStart(f"{setting}: {error.filename} cannot be opened ({error.strerror}).") from None
