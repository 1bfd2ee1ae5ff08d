"""Limits per network, answered before anything costly happens."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from fastapi import Request

from doorward.domain.errors import TooManyRequests
from doorward.domain.tally import Spent
from doorward.http.client import address_of, network_of
from doorward.http.config import HttpConfig


class LimitReached(TooManyRequests):
    """A network has asked too often; the headers say what the limit is (draft-ietf-httpapi-ratelimit-headers)."""

    def __init__(self, name: str, limit: int, window: int, retry_after: float) -> None:
        super().__init__(retry_after)
        self.headers = {
            "RateLimit-Policy": f'"{name}";q={limit};w={window}',
            "RateLimit": f'"{name}";r=0;t={int(self.retry_after)}',
        }


def limited(config: HttpConfig, name: str) -> Callable[[Request], Awaitable[None]]:
    """A dependency that counts a request against the limit `name`."""
    rate = config.limits.named(name)

    async def count(request: Request) -> None:
        if rate is None:
            return
        now = datetime.now(UTC)
        network = network_of(address_of(request, config.trusted_proxies))
        try:
            await config.counters.take(f"limit:{name}:{network}", rate.budget(), now)
        except Spent as spent:
            window = int(rate.window.total_seconds())
            raise LimitReached(name, rate.limit, window, spent.retry_after or 1) from None

    return count
