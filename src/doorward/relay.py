"""The relay: keeps delivering the outbox until it is told to stop."""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from doorward.auth import Auth
from doorward.domain.errors import Unavailable
from doorward.ports.broker import JobQueue
from doorward.ports.writes import Record, ReviveDeliveries, Send, Stale, Write
from doorward.use_cases.queue_messages import QueueMessages

log = logging.getLogger("doorward.relay")
POLL_SECONDS = 1.0
QUICK_POLL_SECONDS = 0.25
PURGE_SECONDS = 300.0
GATHER_SECONDS = 0.2
FULL = 50  # so many at once, and others are waiting
GRACE_SECONDS = 15.0

Deliver = Callable[[str], Awaitable[int]]


class Relay:
    """Runs beside the requests of a process, or alone; several share the work through leases in the outbox."""

    def __init__(self) -> None:
        self._owner = f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(4)}"
        self._wake = {"messages": asyncio.Event(), "events": asyncio.Event()}
        self._poll_seconds = POLL_SECONDS
        self._waits: dict[str, str] = {}
        self._stopping = False

    def notice(self, changes: Sequence[Write]) -> None:
        """Wake up if a commit has put something into the outbox."""
        if any(isinstance(change, Record) for change in changes):
            self._wake["events"].set()
        if any(isinstance(change, (Send, ReviveDeliveries)) for change in changes):
            self.wake()

    def wake(self) -> None:
        """Look into the outbox now."""
        for event in self._wake.values():
            event.set()

    @asynccontextmanager
    async def running(
        self, auth: Auth, *, jobs: JobQueue | None = None, poll_seconds: float = POLL_SECONDS
    ) -> AsyncIterator[None]:
        """Deliver while the block runs; at its end, finish what is being handed over.

        With `jobs`, messages take the way through that queue, and those on it are handed over here too. `poll_seconds`
        is how long something may wait that another process has put into the outbox.
        """
        self._poll_seconds = poll_seconds
        async with AsyncExitStack() as stack:
            messages: Deliver = auth.deliver_messages
            if jobs is not None:
                await stack.enter_async_context(jobs.consuming(auth.deliver_messages.handle))
                messages = _by_queue_or_at_once(auth, jobs)
            lanes = (("messages", messages), ("events", auth.deliver_events))
            await stack.enter_async_context(self._looping([self._deliver(*lane) for lane in lanes], auth))
            yield

    @asynccontextmanager
    async def purging(self, auth: Auth) -> AsyncIterator[None]:
        """Deliver nothing, for workers do that; only remove what has expired."""
        async with self._looping([], auth):
            yield

    @asynccontextmanager
    async def _looping(self, deliveries: Sequence[Awaitable[None]], auth: Auth) -> AsyncIterator[None]:
        loops = [asyncio.ensure_future(delivery) for delivery in deliveries]
        purge = asyncio.create_task(self._purge(auth))
        try:
            yield
        finally:
            self._stopping = True
            self.wake()
            purge.cancel()
            _, late = await asyncio.wait([*loops, purge], timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*loops, purge, return_exceptions=True)

    async def _deliver(self, lane: str, deliver: Deliver) -> None:
        wake = self._wake[lane]
        while not self._stopping:
            wake.clear()
            delivered = await self._guarded(lane, deliver)
            if not delivered and not self._stopping:
                try:
                    await asyncio.wait_for(wake.wait(), self._poll_seconds)
                except TimeoutError:
                    continue
            if lane == "events" and delivered < FULL and not self._stopping:  # those of a moment leave together
                await asyncio.sleep(GATHER_SECONDS)

    async def _guarded(self, lane: str, deliver: Deliver) -> int:
        """A failure costs one round, never the relay: leases bring back what was in hand."""
        try:
            delivered = await deliver(self._owner)
        except (Unavailable, Stale) as error:
            self._note(lane, str(error) or type(error).__name__)
        except Exception:
            log.exception("delivery failed", extra={"lane": lane})
        else:
            self._note(lane, "")
            return delivered
        return 0

    def _note(self, lane: str, reason: str) -> None:
        """Say once that a lane waits, and once that it goes on."""
        before = self._waits.get(lane, "")
        self._waits[lane] = reason
        if reason and reason != before:
            log.warning("delivery waits", extra={"lane": lane, "reason": reason})
        elif before and not reason:
            log.info("delivery goes on", extra={"lane": lane})

    async def _purge(self, auth: Auth) -> None:
        while True:
            await asyncio.sleep(PURGE_SECONDS)
            await self._guarded("purge", lambda _: auth.purge_expired())


def _by_queue_or_at_once(auth: Auth, jobs: JobQueue) -> Deliver:
    """By the queue; straight from the outbox while the broker is away, for a code cannot wait."""
    queue = QueueMessages(outbox=auth.parts.outbox, jobs=jobs, now=auth.parts.now)

    async def deliver(owner: str) -> int:
        try:
            return await queue(owner)
        except Unavailable as error:
            if error.dependency != "rabbitmq":
                raise
            return await auth.deliver_messages(owner)

    return deliver
