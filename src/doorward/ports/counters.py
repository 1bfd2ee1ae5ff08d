"""Counting that no race can cheat."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Protocol

from doorward.domain.tally import Budget, Tally


class Counters(Protocol):
    """Tallies under text keys."""

    async def change(self, key: str, change: Callable[[Tally], Tally]) -> Tally:
        """Apply `change` to the tally of `key` (a new one if there is none) as one atomic step; return the result.

        What `change` raises is passed on and leaves the tally as it was. It may be called again after a conflict.
        """

    async def change_all(
        self, changes: Mapping[str, Callable[[Tally], Tally]], *, seen: Mapping[str, Tally] | None = None
    ) -> Mapping[str, Tally]:
        """Like `change` for several tallies: all change, or (when one change raises) none.

        `seen` is what `find_all` or this has returned a moment ago: where it still holds, nothing need be read again.
        """

    async def take(self, key: str, budget: Budget, now: datetime) -> None:
        """Take one from a budget of which nothing is ever reserved, or raise Spent.

        The same as `change` with `Budget.take`, by a shorter way where the engine has one.
        """

    async def find(self, key: str) -> Tally:
        """The tally of `key`, or an empty one."""

    async def find_all(self, keys: Collection[str]) -> Mapping[str, Tally]:
        """The tallies of those keys that anything is stored of."""

    async def purge(self, now: datetime) -> int:
        """Remove tallies that no longer count."""
