"""Which message broker a URL names."""

from collections.abc import Sequence

from doorward.extras import needing
from doorward.ports.broker import MessageBroker


def open_broker(url: str, keys: Sequence[bytes]) -> MessageBroker:
    """Open the broker that RABBITMQ_URL names; no server is asked yet.

    Jobs are sealed with the first key; those sealed with any of them are taken.

    Raises:
        CannotStart: its package is missing, or the URL makes no sense.
    """
    with needing("rabbitmq", "RABBITMQ_URL"):
        from doorward.adapters.rabbitmq import RabbitBroker  # noqa: PLC0415 - an extra

        return RabbitBroker(url, keys)
