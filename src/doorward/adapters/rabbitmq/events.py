"""Events on the topic exchange."""

import json
import logging
from collections.abc import Mapping
from datetime import datetime

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import PublishError

from doorward.adapters.rabbitmq.connection import Connection
from doorward.adapters.rabbitmq.topology import EVENTS, UNROUTED
from doorward.domain.errors import Unavailable
from doorward.ports.delivery import DeliveryFailed

log = logging.getLogger("doorward.events")


class RabbitEventPublisher:
    """Publishes each event under its name and waits until the broker has it safe.

    What nobody is bound to comes back and is parked in a queue that keeps the newest: a missing listener must not hold
    back the events behind.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._unheard: set[str] = set()

    async def ready(self) -> None:
        async with self._connection.channel():
            return

    async def publish(self, event: Mapping[str, object]) -> None:
        name, message = str(event["type"]), _message(event)
        try:
            async with self._connection.channel() as channel:
                exchange = await channel.get_exchange(EVENTS, ensure=False)
                try:
                    await exchange.publish(message, routing_key=name, mandatory=True)
                except PublishError:
                    await self._park(channel, message, name)
        except Unavailable:
            raise DeliveryFailed("the broker does not answer") from None

    async def _park(self, channel: AbstractChannel, message: Message, name: str) -> None:
        await channel.default_exchange.publish(message, routing_key=UNROUTED, mandatory=True)
        if name not in self._unheard:
            self._unheard.add(name)
            log.warning("nobody listens to an event", extra={"event": name, "kept_in": UNROUTED})


def _message(event: Mapping[str, object]) -> Message:
    return Message(
        json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode(),
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=str(event["id"]),
        type=str(event["type"]),
        timestamp=datetime.fromisoformat(str(event["time"])),
        app_id="doorward",
    )
