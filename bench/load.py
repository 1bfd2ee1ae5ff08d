"""HTTP clients that cost little: keep-alive connections in raw asyncio, closed loop or on a fixed schedule."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import uvloop

from bench.figures import percentile

PATIENCE = 20.0
"""Seconds after which an answer counts as one that took so long."""

Conversation = Generator[bytes, "Answer", None]
"""Yields a request, is sent its answer, yields the next."""


@dataclass(frozen=True)
class Answer:
    """Status, head and body of an answer, and the seconds that it took."""

    status: int
    head: bytes
    body: bytes
    seconds: float


class Talker(asyncio.Protocol):
    """One connection on which one request is asked at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._asked: asyncio.Future[Answer] | None = None
        self._began = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a TCP connection is both ways

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        found = split(self._buffer)
        if found is not None and self._asked is not None and not self._asked.done():
            self._buffer = b""
            status, head, body = found
            self._asked.set_result(Answer(status, head, body, time.perf_counter() - self._began))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._asked is not None and not self._asked.done():
            self._asked.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def ask(self, request: bytes) -> "asyncio.Future[Answer]":
        self._asked = asyncio.get_running_loop().create_future()
        self._began = time.perf_counter()
        self.transport.write(request)
        return self._asked

    def close(self) -> None:
        self.transport.close()


def split(raw: bytes) -> tuple[int, bytes, bytes] | None:
    """Status, head and body of a whole answer; None while something is missing."""
    head, found, body = raw.partition(b"\r\n\r\n")
    if not found:
        return None
    status, low = int(head[9:12]), head.lower()
    if b"content-length:" in low:
        length = int(low.partition(b"content-length:")[2].partition(b"\r\n")[0])
        return (status, head, body) if len(body) >= length else None
    if b"transfer-encoding: chunked" in low:
        return (status, head, unchunked(body)) if body.endswith(b"0\r\n\r\n") else None
    return status, head, body  # 204, 304


def unchunked(body: bytes) -> bytes:
    """The content of a chunked body (RFC 9112, 7.1)."""
    parts = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        parts.append(rest[:length])
        body = rest[length + 2 :] if length else b""
    return b"".join(parts)


@dataclass
class Load:
    """What a load met: good answers with their times, and how often which other status."""

    times: list[float] = field(default_factory=list)
    others: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def answered(self) -> int:
        return len(self.times)

    @property
    def failed(self) -> int:
        return self.others.total()

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def ms(self, share: float) -> float:
        return 1000 * percentile(self.times, share)

    @property
    def p99(self) -> float:
        return self.ms(0.99)


async def connect(url: str) -> Talker:
    parts = urlsplit(url)
    _, talker = await asyncio.get_running_loop().create_connection(Talker, parts.hostname, parts.port)
    return talker


async def converse(url: str, conversation: Conversation, until: float, met: Load, good: frozenset[int]) -> None:
    """Talk until the time is over; what was asked before is let finish and counts. A lost connection is status 0."""
    talker = await connect(url)
    asked = next(conversation)
    with suppress(StopIteration):
        while time.perf_counter() < until:
            try:
                answer = await talker.ask(asked)
            except ConnectionError:
                met.others[0] += 1
                talker = await connect(url)
                continue
            if answer.status in good:
                met.times.append(answer.seconds)
            else:
                met.others[answer.status] += 1
            asked = conversation.send(answer)
    talker.close()


async def flood(
    url: str, conversations: list[Conversation], seconds: float, *, good: tuple[int, ...] = (200, 201, 202)
) -> Load:
    """Each conversation on a connection of its own; the rate counts until the last answer has come."""
    met, began = Load(), time.perf_counter()
    await asyncio.gather(*(converse(url, one, began + seconds, met, frozenset(good)) for one in conversations))
    met.seconds = time.perf_counter() - began
    return met


async def probe(url: str, requests: list[bytes], seconds: float, *, rate: int = 100) -> Load:
    """So many requests a second on a fixed schedule, each timed from its scheduled moment (no coordinated omission)."""
    met, spare, began = Load(), [await connect(url) for _ in range(8)], time.perf_counter() + 0.05

    async def one(number: int) -> None:
        due = began + number / rate
        await asyncio.sleep(due - time.perf_counter())
        start = begin(due, time.perf_counter())
        try:
            talker = spare.pop() if spare else await connect(url)
            answer = await asyncio.wait_for(talker.ask(requests[number % len(requests)]), PATIENCE)
        except (TimeoutError, ConnectionError):
            met.others[0] += 1
            met.times.append(time.perf_counter() - start)
            return
        spare.append(talker)
        met.times.append(time.perf_counter() - start)
        if answer.status != 200:
            met.others[answer.status] += 1

    await asyncio.gather(*(one(number) for number in range(int(seconds * rate))))
    met.seconds = seconds
    for talker in spare:
        talker.close()
    return met


def begin(due: float, now: float) -> float:
    """When the clock of a question starts: when it was due, or, as timers round, when it went out before that."""
    return min(due, now)


def endless(next_request: Callable[[], bytes]) -> Conversation:
    while True:
        yield next_request()


def load(url: str, next_request: Callable[[], bytes], *, connections: int, seconds: float) -> Load:
    """Send for some seconds over some connections."""
    return uvloop.run(flood(url, [endless(next_request) for _ in range(connections)], seconds))


def request(method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
