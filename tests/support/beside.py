"""What stands beside a started program: with TEST_REDIS=1 a Redis, with TEST_RABBITMQ=1 a RabbitMQ and a worker."""

import os
from contextlib import ExitStack
from pathlib import Path

from support import broker
from support.own_redis import own_redis


def corner(stack: ExitStack) -> broker.Corner | None:
    """A place on the broker for one program and its worker alone."""
    if not os.environ.get("TEST_RABBITMQ"):
        return None
    made = broker.corner()
    stack.callback(made.drop)
    return made


def settings(folder: Path, corner: broker.Corner | None, stack: ExitStack) -> dict[str, str]:
    """How the program reaches them."""
    found = {"RABBITMQ_URL": corner.url} if corner else {}
    if os.environ.get("TEST_REDIS"):
        found["REDIS_URL"] = stack.enter_context(own_redis(folder)).url
    return found
