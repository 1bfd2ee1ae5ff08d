"""A RabbitMQ of one's own, to be killed and frozen."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aio_pika
import pytest
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from support.program import free_port

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_SECONDS = 90


class OwnBroker:
    """A node with its files in a folder; `start` after `kill` begins again with what it had written."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port, self._distribution = folder, free_port(), free_port()
        self._process: subprocess.Popen | None = None
        (folder / "plugins").write_text("[].")

    @property
    def url(self) -> str:
        """Its RABBITMQ_URL."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}/"

    def start(self) -> None:
        """Start it, and wait until it lets somebody in."""
        folder = self._folder
        settings = {
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"doorward{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_QUORUM_DIR": str(folder / "quorum"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
        }
        with (folder / "broker.txt").open("ab") as output:
            self._process = subprocess.Popen(
                [str(SERVER)], env=os.environ | settings, stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._lets_in():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((folder / "broker.txt").read_text()[-2000:])
            time.sleep(0.3)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._signal(signal.SIGCONT)
            self._signal(signal.SIGKILL)
            self._process.wait(30)
            self._process = None

    def freeze(self) -> None:
        """Stop it in mid-work."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, number)

    def _lets_in(self) -> bool:
        async def connect() -> None:
            async with asyncio.timeout(3):
                await (await aio_pika.connect(self.url)).close()

        try:
            asyncio.run(connect())
        except CONNECTION_EXCEPTIONS:
            return False
        return True


@contextmanager
def own_broker(folder: Path) -> Iterator[OwnBroker]:
    """A started broker that ends with the block; it takes Debian's package, and may take half a minute."""
    if not SERVER.exists():
        pytest.skip("rabbitmq-server is not installed here (scripts/services up installs it)")
    broker = OwnBroker(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()
