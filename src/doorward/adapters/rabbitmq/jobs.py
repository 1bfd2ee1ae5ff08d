"""The queue of jobs: letters and text messages that any worker may hand over."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aio_pika import DeliveryMode, Message

from doorward.adapters.rabbitmq.connection import Connection
from doorward.adapters.rabbitmq.consumer import Consumer
from doorward.adapters.rabbitmq.job_text import SEAL, encode, seal
from doorward.adapters.rabbitmq.topology import JOBS
from doorward.ports.outbox import Job, JobHandler

MOST_WAITING = 64


class RabbitJobQueue:
    """Puts jobs on the queue with confirms, and gives them to whoever handles them."""

    def __init__(self, connection: Connection, keys: Sequence[bytes]) -> None:
        self._connection = connection
        self._keys = keys

    async def room(self) -> int:
        waiting, _ = await self._counts()
        return max(0, MOST_WAITING - waiting)

    async def workers(self) -> int:
        _, consumers = await self._counts()
        return consumers

    async def _counts(self) -> tuple[int, int]:
        async with self._connection.channel() as channel:
            told = (await channel.declare_queue(JOBS, passive=True)).declaration_result
            return told.message_count or 0, told.consumer_count or 0

    async def put(self, job: Job) -> None:
        if job.item.message is None:
            return
        body = encode(job, job.item.message)
        message = Message(
            body,
            content_type="application/json",
            delivery_mode=DeliveryMode.PERSISTENT,
            message_id=f"{job.item.id}/{job.item.attempts}",
            app_id="doorward",
            headers={SEAL: seal(body, self._keys[0])},
        )
        async with self._connection.channel() as channel:
            await channel.default_exchange.publish(message, routing_key=JOBS, mandatory=True)

    @asynccontextmanager
    async def consuming(self, handle: JobHandler) -> AsyncIterator[None]:
        consumer = Consumer(self._connection, handle, self._keys)
        running = asyncio.create_task(consumer.run())
        try:
            yield
        finally:
            consumer.stop()
            await running
