"""Move an installation from one database to another."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from doorward.ports.archive import KEYS, Archive, Row

BATCH = 1000
MARK = "copy:unfinished"
MODULUS = 2**256


class TargetNotEmpty(Exception):
    """The target holds an installation already, and no unfinished copy."""


class CopyDiffers(Exception):
    """What arrived is not what left; `tables` names where. The source was in use, or somebody writes to the target."""

    def __init__(self, *tables: str) -> None:
        super().__init__(", ".join(tables))
        self.tables = tables


@dataclass(frozen=True, slots=True)
class Sum:
    """How many rows, and a checksum in which their order does not count."""

    rows: int = 0
    checksum: int = 0

    def plus(self, row: Row) -> "Sum":
        """The sum with one more row."""
        digest = sha256(json.dumps(row, sort_keys=True, default=_canonical).encode()).digest()
        return Sum(self.rows + 1, (self.checksum + int.from_bytes(digest)) % MODULUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyInstallation:
    """Copy all rows in the order of their keys, then read both sides again and compare.

    Until all is there the target bears a mark, so that an interrupted copy can be taken up where it ended: the last
    key of each table says where that is.
    """

    source: Archive
    target: Archive

    async def __call__(self, tell: Callable[[str, int], None]) -> Mapping[str, Sum]:
        """Copy, compare, and say what there is; `tell` is called with a table and how many of its rows were done.

        Raises:
            TargetNotEmpty: nothing was written.
            CopyDiffers: the copy stays unfinished.
        """
        await self._begin()
        for table in KEYS:
            await self._copy(table, tell)
        sums = {table: await _summed(self.source, table, tell) for table in KEYS}
        different = [table for table in KEYS if await _summed(self.target, table, tell) != sums[table]]
        if different:
            raise CopyDiffers(*different)
        await self.target.finish()
        await self.target.write("counters", [_mark(is_set=False)])
        return sums

    async def _begin(self) -> None:
        marked = [row for row in await self.target.read("counters", None, BATCH) if row["key"] == MARK and row["count"]]
        if not marked and any([await self.target.count(table) for table in KEYS if table != "counters"]):
            raise TargetNotEmpty
        await self.target.write("counters", [_mark(is_set=True)])

    async def _copy(self, table: str, tell: Callable[[str, int], None]) -> None:
        after = None if table == "counters" else await self.target.last_key(table)
        if after is not None:
            tell(table, await self.target.count(table))
        while rows := await self.source.read(table, after, BATCH):
            await self.target.write(table, [row for row in rows if row.get("key") != MARK])
            after = rows[-1][KEYS[table]]
            tell(table, len(rows))


async def _summed(archive: Archive, table: str, tell: Callable[[str, int], None]) -> Sum:
    found, after = Sum(), None
    while rows := await archive.read(table, after, BATCH):
        for row in rows:
            if row.get("key") != MARK:
                found = found.plus(row)
        after = rows[-1][KEYS[table]]
        tell(table, len(rows))
    return found


def _mark(*, is_set: bool) -> Row:
    nothing = dict.fromkeys(("reserved_until", "last_at", "expires_at"))
    return {"key": MARK, "count": int(is_set), "reserved": 0, **nothing}


def _canonical(value: object) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, UUID):
        return value.hex
    raise TypeError(type(value).__name__)
