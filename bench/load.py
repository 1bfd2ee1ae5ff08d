"""A small HTTP load in raw asyncio: keep-alive connections that send the next request when the last is answered."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Load:
    """What was measured: answers per second and the slowest of a hundred, in milliseconds."""

    rate: float
    p99: float
    answered: int
    failed: int


async def _one(host: str, port: int, next_request: Callable[[], bytes], until: float, times: list[float]) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    failed = 0
    while time.perf_counter() < until:
        start = time.perf_counter()
        writer.write(next_request())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        failed += not head.startswith(b"HTTP/1.1 2")
        times.append(time.perf_counter() - start)
    writer.close()
    return failed


async def _run(url: str, next_request: Callable[[], bytes], connections: int, seconds: float) -> Load:
    parts, times = urlsplit(url), []
    start = time.perf_counter()
    ones = (_one(parts.hostname, parts.port, next_request, start + seconds, times) for _ in range(connections))
    failed = sum(await asyncio.gather(*ones))
    elapsed = time.perf_counter() - start
    return Load(len(times) / elapsed, 1000 * sorted(times)[int(len(times) * 0.99)], len(times), failed)


def load(url: str, next_request: Callable[[], bytes], *, connections: int, seconds: float) -> Load:
    """Send for some seconds over some connections."""
    return asyncio.run(_run(url, next_request, connections, seconds))


def request(method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
