"""Doing something again when what it had read changed before it wrote."""

from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from doorward.domain.errors import Unavailable
from doorward.ports.writes import Stale

P = ParamSpec("P")
R = TypeVar("R")
MOST_TRIES = 8


async def retried(call: Callable[P, Awaitable[R]], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a use case, and again when what it had read changed before it wrote.

    Raises:
        Unavailable: the same record changes all the time.
    """
    for _ in range(MOST_TRIES):
        try:
            return await call(*args, **kwargs)
        except Stale:
            continue
    raise Unavailable("contention", retry_after=1)


def retrying(call: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """A use case that is `retried` by whoever calls it."""

    async def again(*args: P.args, **kwargs: P.kwargs) -> R:
        return await retried(call, *args, **kwargs)

    return again
