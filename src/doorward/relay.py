"""The relay: keeps delivering the outbox until it is told to stop."""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from doorward.auth import Auth
from doorward.domain.errors import Unavailable
from doorward.ports.writes import Record, Send, Stale, Write

log = logging.getLogger("doorward.relay")
POLL_SECONDS = 1.0
PURGE_SECONDS = 300.0
GRACE_SECONDS = 15.0


class Relay:
    """Runs beside the requests of a process; several processes share the work through leases in the outbox."""

    def __init__(self) -> None:
        self._owner = f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(4)}"
        self._wake = {"messages": asyncio.Event(), "events": asyncio.Event()}
        self._stopping = False

    def notice(self, changes: Sequence[Write]) -> None:
        """Wake up if a commit has put something into the outbox."""
        if any(isinstance(change, (Record, Send)) for change in changes):
            self.wake()

    def wake(self) -> None:
        """Look into the outbox now."""
        for event in self._wake.values():
            event.set()

    @asynccontextmanager
    async def running(self, auth: Auth) -> AsyncIterator[None]:
        """Deliver while the block runs; at its end, finish what is being handed over."""
        loops = [
            asyncio.create_task(self._deliver("messages", auth.deliver_messages)),
            asyncio.create_task(self._deliver("events", auth.deliver_events)),
            asyncio.create_task(self._purge(auth)),
        ]
        try:
            yield
        finally:
            self._stopping = True
            self.wake()
            loops[-1].cancel()
            _, late = await asyncio.wait(loops, timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

    async def _deliver(self, lane: str, deliver: Callable[[str], Awaitable[int]]) -> None:
        wake = self._wake[lane]
        while not self._stopping:
            wake.clear()
            delivered = await self._guarded(lane, deliver)
            if not delivered and not self._stopping:
                try:
                    await asyncio.wait_for(wake.wait(), POLL_SECONDS)
                except TimeoutError:
                    continue

    async def _guarded(self, lane: str, deliver: Callable[[str], Awaitable[int]]) -> int:
        """A failure costs one round, never the relay: leases bring back what was in hand."""
        try:
            return await deliver(self._owner)
        except (Unavailable, Stale) as error:
            log.warning("delivery waits", extra={"lane": lane, "reason": str(error) or type(error).__name__})
        except Exception:
            log.exception("delivery failed", extra={"lane": lane})
        return 0

    async def _purge(self, auth: Auth) -> None:
        while True:
            await asyncio.sleep(PURGE_SECONDS)
            await self._guarded("purge", lambda _: auth.purge_expired())
