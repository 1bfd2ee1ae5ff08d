"""Many requests in the same instant: connections are opened first and released together."""

import asyncio
import json
import os
from base64 import b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

TWINS: dict[str, list[str]] = {}
"""Where else a service can be reached that several processes serve."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Call:
    """A request to send."""

    path: str
    body: Any = None
    method: str = "POST"
    basic: tuple[str, str] | None = None
    bearer: str | None = None

    def encode(self, host: str) -> bytes:
        content = b"" if self.body is None else json.dumps(self.body).encode()
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}", "Connection: close"]
        lines += ["Content-Type: application/json"] if content else []
        lines += [f"Content-Length: {len(content)}"]
        if self.basic:
            lines.append("Authorization: Basic " + b64encode(":".join(self.basic).encode()).decode())
        if self.bearer:
            lines.append(f"Authorization: Bearer {self.bearer}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


async def _open(url: str, call: Call) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    request = call.encode(parts.netloc)
    writer.write(request[:-1])
    await writer.drain()
    return reader, writer, request[-1:]


async def _finish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Answer | None:
    try:
        raw = await asyncio.wait_for(reader.read(), 60)
    except ConnectionError:
        raw = b""
    finally:
        writer.close()
    if not raw:
        return None
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return Answer(int(status.split()[1]), headers, body)


async def send_together(url: str, calls: list[Call]) -> list[Answer | None]:
    """Open a connection for each call, send all but the last byte, then the last bytes at once.

    Where a service is several processes, they are asked in turn.
    None stands for a connection that died without an answer.
    """
    doors = TWINS.get(url, [url])
    opened = await asyncio.gather(*(_open(doors[n % len(doors)], call) for n, call in enumerate(calls)))
    await asyncio.sleep(0.05)
    for _, writer, last in opened:
        writer.write(last)
    return await asyncio.gather(*(_finish(reader, writer) for reader, writer, _ in opened))


@pytest.fixture
def volley():
    """`volley(url, calls)` sends them together and gives the answers in order."""

    def send(url: str, calls: list[Call]) -> list[Answer | None]:
        return asyncio.run(send_together(url, calls))

    return send


@pytest.fixture(scope="module")
def launch_twins(launch_module):
    """Starts a service as TEST_PROCESSES processes (one, if it is not set) on one database."""
    others = []

    def launch(*arguments, **options):
        first = launch_module(*arguments, **options)
        TWINS[first.url] = [first.url]
        for _ in range(int(os.environ.get("TEST_PROCESSES", "1")) - 1):
            others.append(first.twin().start())
            TWINS[first.url].append(others[-1].url)
        return first

    yield launch
    for other in others:
        other.stop()


@pytest.fixture
def call():
    """Builds a request for a volley."""
    return Call


@pytest.fixture(scope="session")
def rounds() -> int:
    """How often each race is run; `make test-races` asks for twenty."""
    return int(os.environ.get("TEST_ROUNDS", "3"))
