"""A corner of one's own on the RabbitMQ server that TEST_RABBITMQ_URL names, and what lies there."""

import asyncio
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

import aio_pika
import pytest

from support.servers import server_url

R = TypeVar("R")
EXCHANGE = "doorward.events"
QUEUES = ("doorward.unrouted", "doorward.jobs", "doorward.jobs.dead")


@dataclass(frozen=True, slots=True)
class Corner:
    """A virtual host that nobody else uses."""

    name: str
    url: str

    def clean(self) -> None:
        """Remove what Doorward has made there."""
        self.run(_clean)

    def close_connections(self) -> None:
        """Have the server close all connections to it, as an operator can."""
        _ctl("close_all_connections", "--vhost", self.name, "test")

    def drop(self) -> None:
        """Remove it with all that is in it."""
        _ctl("delete_vhost", self.name)

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Take all messages from a queue; each as `{"body", "headers", …}`."""
        return self.run(lambda channel: _taken(channel, queue))

    def run(self, work: Callable[[aio_pika.abc.AbstractChannel], Awaitable[R]]) -> R:
        """Work on a channel."""

        async def on_channel() -> R:
            async with await aio_pika.connect(self.url) as connection:
                return await work(await connection.channel())

        return asyncio.run(on_channel())


def corner() -> Corner:
    """A new virtual host; it takes `rabbitmqctl` on this machine."""
    server = urlsplit(server_url("rabbitmq"))
    if shutil.which("rabbitmqctl") is None:
        reason = "rabbitmqctl is not here: a virtual host for the tests cannot be made"
        (pytest.fail if os.environ.get("TEST_STRICT") else pytest.skip)(reason)
    name = f"doorward-{secrets.token_hex(4)}"
    _ctl("add_vhost", name)
    _ctl("set_permissions", "-p", name, unquote(server.username or "guest"), ".*", ".*", ".*")
    return Corner(name, urlunsplit(server._replace(path=f"/{name}")))


def _ctl(*arguments: str) -> None:
    subprocess.run(["rabbitmqctl", "-q", *arguments], check=True, capture_output=True, timeout=60)


async def _clean(channel: aio_pika.abc.AbstractChannel) -> None:
    await channel.exchange_delete(EXCHANGE)
    for name in QUEUES:
        await channel.queue_delete(name)


async def _taken(channel: aio_pika.abc.AbstractChannel, name: str) -> list[dict[str, Any]]:
    queue = await channel.get_queue(name)
    found = []
    while message := await queue.get(fail=False):
        await message.ack()
        found.append(
            {
                "body": json.loads(message.body),
                "headers": dict(message.headers),
                "message_id": message.message_id,
                "routing_key": message.routing_key,
                "is_persistent": message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT,
            }
        )
    return found
