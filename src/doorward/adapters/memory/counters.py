"""Tallies in a dict."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from doorward.domain.tally import Budget, Tally


class MemoryCounters:
    """Tallies in a dict; one step of the event loop is atomic."""

    def __init__(self) -> None:
        self.rows: dict[str, Tally] = {}

    async def change(self, key: str, change: Callable[[Tally], Tally]) -> Tally:
        return (await self.change_all({key: change}))[key]

    async def change_all(
        self, changes: Mapping[str, Callable[[Tally], Tally]], *, seen: Mapping[str, Tally] | None = None
    ) -> Mapping[str, Tally]:
        changed = {key: change(self.rows.get(key, Tally())) for key, change in changes.items()}
        self.rows |= changed
        return changed

    async def take(self, key: str, budget: Budget, now: datetime) -> None:
        await self.change(key, lambda tally: budget.take(tally, now))

    async def find(self, key: str) -> Tally:
        return self.rows.get(key, Tally())

    async def find_all(self, keys: Collection[str]) -> Mapping[str, Tally]:
        return {key: self.rows[key] for key in keys if key in self.rows}

    async def purge(self, now: datetime) -> int:
        gone = [key for key, tally in self.rows.items() if tally.at(now) == Tally()]
        for key in gone:
            del self.rows[key]
        return len(gone)
