"""What REDIS_URL adds to the storage; without it, the storage does all."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass

from doorward.extras import needing
from doorward.http.config import Check
from doorward.ports.counters import Counters
from doorward.ports.storage import Heard, Storage
from doorward.ports.store import Sessions, Store


def _hearing_nothing(_: Heard) -> AbstractAsyncContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Caches:
    """The store to write to, the sessions to check requests by, and the counters for limits per network."""

    store: Store
    sessions: Sessions
    limits: Counters
    check: Check | None = None
    close: Check | None = None
    listening: Callable[[Heard], AbstractAsyncContextManager[None]] = _hearing_nothing


def open_caches(redis_url: str | None, storage: Storage) -> Caches:
    """Put Redis before a storage; it is not asked yet.

    Raises:
        CannotStart: the package is missing, or the URL makes no sense.
    """
    if redis_url is None:
        return Caches(storage.store, storage.store.sessions, storage.counters)
    with needing("redis", "REDIS_URL"):
        from doorward.adapters import redis  # noqa: PLC0415 - an extra

        server = redis.RedisServer(redis_url)
    cache = redis.SessionCache(server, storage.store.sessions, storage.store.users)
    limits = redis.RedisCounters(server, storage.counters)
    return Caches(redis.RevokingStore(storage.store, cache), cache, limits, server.check, server.close, cache.listening)
