"""Connections of PostgreSQL's driver, lent to one caller at a time.

The driver's own pool takes as much processor time to lend a connection as the connection takes for a statement.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from doorward.adapters.sql.direct import AWAY, named
from doorward.adapters.sql.engine import Conflict
from doorward.adapters.sql.server import FULL
from doorward.domain.errors import Unavailable

ENDING = (*AWAY, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)
"""What says that a connection is at its end, or in a state that nobody knows."""
IDLE_SECONDS = 300.0  # afterwards a firewall may have forgotten it without telling anybody


class Connections:
    """As many connections as are needed at once, and no more than `size`; the one used last is lent first.

    Args:
        size: how many at most; further callers wait in order.
        connect: opens one.
    """

    def __init__(self, size: int, connect: "Callable[[], Awaitable[asyncpg.Connection[Any]]]") -> None:
        self._room = asyncio.Semaphore(size)
        self._connect = connect
        self._idle: list[tuple[asyncpg.Connection[Any], float]] = []
        self._is_closed = False

    @asynccontextmanager
    async def borrowed(self) -> "AsyncIterator[asyncpg.Connection[Any]]":
        """Lend one. What is left in the middle of something is closed, not mended."""
        async with self._room:
            connection = self._waiting() or await self._opened()
            is_whole = False
            try:
                with named():
                    yield connection
                is_whole = True
            except Exception as error:
                is_whole = not connection.is_in_transaction() and not isinstance(error.__cause__ or error, ENDING)
                raise
            finally:
                if not is_whole or self._is_closed:  # nobody waits for a server that does not answer
                    connection.terminate()
                elif not connection.is_closed():
                    self._idle.append((connection, time.monotonic()))

    def close(self) -> None:
        """Let go of all: of those that are lent, when they come back."""
        self._is_closed = True
        while self._idle:
            self._idle.pop()[0].terminate()

    def _waiting(self) -> "asyncpg.Connection[Any] | None":
        oldest = time.monotonic() - IDLE_SECONDS
        while self._idle:
            connection, since = self._idle.pop()
            if since > oldest and not connection.is_closed():
                return connection
            connection.terminate()
        return None

    async def _opened(self) -> "asyncpg.Connection[Any]":
        try:
            return await self._connect()
        except asyncpg.PostgresError as error:
            raise (Conflict() if error.sqlstate in FULL else Unavailable("database")) from error
        except (*AWAY, TimeoutError) as error:
            raise Unavailable("database") from error
