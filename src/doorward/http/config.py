"""What the HTTP side needs to know besides the engine."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Protocol

from doorward.auth import Auth
from doorward.domain.messages import Mail
from doorward.domain.policies.limits import LimitsPolicy
from doorward.ports.counters import Counters

Check = Callable[[], Awaitable[None]]


class CaughtMail(Protocol):
    """A letter and when it came."""

    @property
    def mail(self) -> Mail: ...
    @property
    def received_at(self) -> datetime: ...


class Inbox(Protocol):
    """The development inbox."""

    async def messages(self, *, to: str | None = None, wait: float = 0) -> Sequence[CaughtMail]:
        """The caught letters, newest first; with `wait` (seconds), until there is one."""

    async def clear(self) -> None:
        """Forget all letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpConfig:
    """Everything that is decided before the first request."""

    auth: Auth
    counters: Counters
    profile: str
    dialect: str
    service_name: str
    version: str
    public_url: str
    is_dev: bool
    has_docs: bool
    limits: LimitsPolicy
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    inbox: Inbox | None = None

    @property
    def is_secure(self) -> bool:
        """Whether people reach the service over TLS."""
        return self.public_url.startswith("https://")
