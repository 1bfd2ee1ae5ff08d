"""All rows of a database, whatever kind it is."""

import asyncio
from collections.abc import Mapping
from typing import Any

from doorward.storages import open_storage


def rows_of(url: str, table: str) -> list[Mapping[str, Any]]:
    """What a table holds, in the order of its keys."""

    async def read() -> list[Mapping[str, Any]]:
        storage = open_storage(url)
        try:
            return list(await storage.archive.read(table, None, 1_000_000))
        finally:
            await storage.close()

    return asyncio.run(read())
