"""What there is on the broker. Names and kinds are part of the contract: whoever listens may declare them too."""

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel

EVENTS = "doorward.events"
UNROUTED = "doorward.unrouted"
JOBS = "doorward.jobs"
DEAD_JOBS = "doorward.jobs.dead"

KEPT = 10_000
DELIVERY_LIMIT = 10


async def declare(channel: AbstractChannel) -> None:
    """Make what is not there yet."""
    await channel.declare_exchange(EVENTS, ExchangeType.TOPIC, durable=True)
    for name in (UNROUTED, DEAD_JOBS):
        await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum", "x-max-length": KEPT})
    await channel.declare_queue(
        JOBS,
        durable=True,
        arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": DEAD_JOBS,
        },
    )
