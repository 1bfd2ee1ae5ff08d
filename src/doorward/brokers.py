"""Which message broker a URL names."""

from collections.abc import Sequence

from doorward.extras import needing
from doorward.ports.broker import MessageBroker


def open_broker(url: str | None, keys: Sequence[bytes]) -> MessageBroker | None:
    """Open the broker that RABBITMQ_URL names, if it names one; no server is asked yet.

    Jobs are sealed with the first key; those sealed with any of them are taken.

    Raises:
        CannotStart: its package is missing, or the URL makes no sense.
    """
    if url is None:
        return None
    with needing("rabbitmq", "RABBITMQ_URL"):
        from doorward.adapters.rabbitmq import RabbitBroker  # noqa: PLC0415 - an extra

        return RabbitBroker(url, keys)
