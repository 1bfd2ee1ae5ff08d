"""What stands beside a started program: with TEST_REDIS=1 a Redis, with TEST_RABBITMQ=1 a RabbitMQ and a worker."""

import os
from contextlib import ExitStack
from pathlib import Path

from support import broker
from support.own_redis import own_redis


def has_worker() -> bool:
    """Whether a `doorward worker` delivers for each started program."""
    return bool(os.environ.get("TEST_RABBITMQ"))


def companions(folder: Path, stack: ExitStack) -> dict[str, str]:
    """Start them, each for one program alone, and say how the program reaches them."""
    settings = {}
    if os.environ.get("TEST_REDIS"):
        settings["REDIS_URL"] = stack.enter_context(own_redis(folder)).url
    if has_worker():
        corner = broker.corner()
        stack.callback(corner.drop)
        settings["RABBITMQ_URL"] = corner.url
    return settings
