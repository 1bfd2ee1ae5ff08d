"""Taking jobs from the queue, several at a time, each acknowledged when it is settled."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from uuid import UUID

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from doorward.adapters.rabbitmq.connection import LOST, TIMEOUT, Connection
from doorward.adapters.rabbitmq.job_text import SEAL, decode, must_be_sealed
from doorward.adapters.rabbitmq.topology import JOBS
from doorward.domain.errors import Unavailable
from doorward.ports.outbox import Job, JobHandler
from doorward.ports.writes import Stale

AT_ONCE = 16
AGAIN_SECONDS = 0.5
GRACE_SECONDS = 15.0
REMEMBERED = 1000

log = logging.getLogger("doorward.broker")


class Consumer:
    """Takes jobs until it is told to stop, over as many connections as that needs; then finishes what is in hand.

    A job that raises is not lost: its message stands in the outbox until it is settled there.
    """

    def __init__(self, connection: Connection, handle: JobHandler, keys: Sequence[bytes]) -> None:
        self._connection = connection
        self._keys = keys
        self._handle = handle
        self._stopping = asyncio.Event()
        self._in_hand: set[asyncio.Task[None]] = set()
        self._taken: OrderedDict[tuple[UUID, int], None] = OrderedDict()

    def stop(self) -> None:
        """Take no more."""
        self._stopping.set()

    async def run(self) -> None:
        """Consume until `stop`."""
        while not self._stopping.is_set():
            try:
                await self._consume()
            except Unavailable:
                log.debug("no jobs are taken: the broker is away")
            except Exception:
                log.exception("taking jobs failed")
            await _until(self._stopping, AGAIN_SECONDS)

    async def _consume(self) -> None:
        async with self._connection.consuming_channel(AT_ONCE) as channel:
            async with asyncio.timeout(TIMEOUT):
                queue = await channel.get_queue(JOBS, ensure=False)
                tag = await queue.consume(self._take)
            await self._stopped_or_closed(channel)
            if channel.is_closed:
                return
            async with asyncio.timeout(TIMEOUT):
                await queue.cancel(tag)
            if self._in_hand:
                await asyncio.wait(self._in_hand, timeout=GRACE_SECONDS)

    async def _stopped_or_closed(self, channel: AbstractChannel) -> None:
        ends = [asyncio.ensure_future(channel.closed()), asyncio.create_task(self._stopping.wait())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()

    async def _take(self, message: AbstractIncomingMessage) -> None:
        if self._stopping.is_set():
            return  # whoever closes the channel gives it back
        task = asyncio.create_task(self._settle(message))
        self._in_hand.add(task)
        task.add_done_callback(self._in_hand.discard)

    async def _settle(self, message: AbstractIncomingMessage) -> None:
        try:
            is_done = await self._handled(message)
            await (message.ack() if is_done else message.reject(requeue=False))
        except LOST as error:
            log.debug("a job could not be acknowledged", extra={"reason": type(error).__name__})

    async def _handled(self, message: AbstractIncomingMessage) -> bool:
        """Whether the job is done with; what is not goes to the dead jobs, for a person to look at."""
        try:
            must_be_sealed(message.body, message.headers.get(SEAL), self._keys)
            job = decode(message.body)
        except ValueError as error:
            log.error("a job cannot be read", extra={"reason": str(error)})  # noqa: TRY400 - a stranger's message
            return False
        claim = (job.item.id, job.item.attempts)
        if claim in self._taken:
            return True  # it came again because a connection was lost, and is in hand or settled
        self._taken[claim] = None
        while len(self._taken) > REMEMBERED:
            self._taken.popitem(last=False)
        return await self._done(job)

    async def _done(self, job: Job) -> bool:
        try:
            await self._handle(job)
        except (Unavailable, Stale) as error:
            log.warning("a job waits", extra={"item": str(job.item.id), "reason": str(error) or type(error).__name__})
        except Exception:
            log.exception("a job failed", extra={"item": str(job.item.id)})
            return False
        return True


async def _until(event: asyncio.Event, seconds: float) -> None:
    await asyncio.wait([waiting := asyncio.create_task(event.wait())], timeout=seconds)
    waiting.cancel()
