"""Connections to a mail server that outlive a letter."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiosmtplib

from doorward.adapters.smtp.conversation import OverheardSmtp

MOST = 4
"""So many are kept; a rush of letters may open more."""
IDLE_SECONDS = 5.0
LETTERS = 50  # of one connection: servers end those that hand over very many
LOOK_SECONDS = 1.0
LOST = (aiosmtplib.SMTPException, OSError, ValueError)


class KeptConnections:
    """Lends connections for a letter each, and keeps them a moment for the next.

    Connecting, encrypting and signing in take longer than handing a letter over, and some servers count connections.
    A server may end one at any time, so one that was kept is asked first whether it lives (RSET, RFC 5321 §4.1.1.5).

    Args:
        new: makes a client that is not connected yet.
    """

    def __init__(self, new: Callable[[], OverheardSmtp]) -> None:
        self._new = new
        self._idle: list[tuple[OverheardSmtp, int]] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[OverheardSmtp]:
        """Lend one that is connected. After a failure, also a refusal, it is not used again."""
        client, letters = await self._waiting() or (await self._opened(), 0)
        try:
            yield client
        except BaseException:
            client.close()
            raise
        self._keep(client, letters + 1)

    async def close(self) -> None:
        """Take leave on all that are idle, and keep no more."""
        self._is_closed = True
        self._let_go()
        await asyncio.gather(*self._leaving)

    async def _waiting(self) -> tuple[OverheardSmtp, int] | None:
        if not self._idle:
            return None
        client, letters = self._idle.pop()
        try:
            await client.rset(timeout=LOOK_SECONDS)
        except BaseException as error:
            client.close()
            self._let_go()  # the others will be no better
            if not isinstance(error, LOST):
                raise
            return None
        return client, letters

    async def _opened(self) -> OverheardSmtp:
        client = self._new()
        await client.connect()
        return client

    def _keep(self, client: OverheardSmtp, letters: int) -> None:
        if self._is_closed or len(self._idle) >= MOST or letters >= LETTERS:
            self._leave(client)
            return
        self._idle.append((client, letters))
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._let_go)

    def _let_go(self) -> None:
        if self._timer:
            self._timer.cancel()
        while self._idle:
            self._leave(self._idle.pop()[0])

    def _leave(self, client: OverheardSmtp) -> None:
        task = asyncio.create_task(_leave(client))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


async def _leave(client: OverheardSmtp) -> None:
    try:
        with suppress(*LOST):  # it has left already
            await client.quit(timeout=LOOK_SECONDS)
    finally:
        client.close()
