"""Everything that RABBITMQ_URL opens."""

import logging
from collections.abc import Sequence

from doorward.adapters.rabbitmq.address import parse_address
from doorward.adapters.rabbitmq.connection import Connection
from doorward.adapters.rabbitmq.events import RabbitEventPublisher
from doorward.adapters.rabbitmq.jobs import RabbitJobQueue


class RabbitBroker:
    """Events and jobs over one connection; no server is asked before something is to be done."""

    def __init__(self, url: str, keys: Sequence[bytes]) -> None:
        for name in ("aiormq", "aio_pika"):
            driver = logging.getLogger(name)
            if driver.level == logging.NOTSET:
                driver.setLevel(logging.CRITICAL)  # a lost connection is told once, in our words, without its traceback
        self._connection = Connection(parse_address(url))
        self.publisher = RabbitEventPublisher(self._connection)
        self.jobs = RabbitJobQueue(self._connection, keys)

    async def check(self) -> None:
        """Raise Unavailable unless the broker lets us in."""
        await self._connection.check()

    async def close(self) -> None:
        """Let go of the connection."""
        await self._connection.close()
