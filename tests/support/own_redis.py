"""A Redis of one's own, to be frozen, emptied, killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

START_SECONDS = 10


@dataclass
class OwnRedis:
    """A server process on a port that stays the same through restarts."""

    folder: Path
    port: int
    process: subprocess.Popen | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start, empty, and wait until it answers."""
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder]
        with (self.folder / "redis.txt").open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)
        deadline = time.monotonic() + START_SECONDS
        while self.command("PING") != b"+PONG\r\n":
            if time.monotonic() > deadline:
                raise TimeoutError((self.folder / "redis.txt").read_text()[-2000:])
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once; all it knew is gone."""
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """Let it hang: connections stand, nothing answers."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it was."""
        os.kill(self.process.pid, signal.SIGCONT)

    def flush(self) -> None:
        """Forget everything."""
        assert self.command("FLUSHALL") == b"+OK\r\n"

    def command(self, text: str) -> bytes:
        """Send an inline command and give back the first part of the answer; nothing while nobody listens."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(text.encode() + b"\r\n")
                return connection.recv(65536)
        except OSError:
            return b""


@contextmanager
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    """Start one; the test is skipped, or with TEST_STRICT failed, where the program is not installed."""
    if shutil.which("redis-server") is None:
        (pytest.fail if os.environ.get("TEST_STRICT") else pytest.skip)("redis-server is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = OwnRedis(folder, probe.getsockname()[1])
    server.start()
    try:
        yield server
    finally:
        server.kill()
