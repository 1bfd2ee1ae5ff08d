"""What the HTTP side needs to know besides the engine."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Protocol
from uuid import UUID

from doorward.auth import Auth
from doorward.domain.brand import Brand
from doorward.domain.messages import Mail
from doorward.domain.policies.limits import LimitsPolicy
from doorward.http.remembered import RememberedSessions
from doorward.ports.counters import Counters
from doorward.ports.places import Places
from doorward.ports.storage import SchemaStatus

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

    async def find(self, mail_id: UUID) -> CaughtMail | None:
        """One of them."""

    async def remove(self, mail_id: UUID) -> None:
        """Forget one."""

    async def clear(self) -> None:
        """Forget all letters."""


class ExplainedSetting(Protocol):
    """A setting as texts; no secret stands in it."""

    @property
    def name(self) -> str: ...
    @property
    def section(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def default(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def about(self) -> str: ...
    @property
    def is_secret(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpConfig:
    """Everything that is decided before the first request."""

    auth: Auth
    counters: Counters
    profile: str
    dialect: str
    brand: Brand
    version: str
    public_url: str
    is_dev: bool
    has_docs: bool
    limits: LimitsPolicy
    templates: Path | None = None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    inbox: Inbox | None = None
    places: Places | None = None
    settings: Sequence[ExplainedSetting] = ()
    schema: Callable[[], Awaitable[SchemaStatus]] | None = None
    processes: int = 1
    workers: Callable[[], Awaitable[int]] | None = None
    remembered: RememberedSessions = field(default_factory=lambda: RememberedSessions(0))

    @property
    def service_name(self) -> str:
        """What the service is called."""
        return self.brand.name

    @property
    def is_secure(self) -> bool:
        """Whether people reach the service over TLS."""
        return self.public_url.startswith("https://")
