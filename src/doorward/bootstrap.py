"""What a running service is made of: settings in, an application out; the one place that knows all parts."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import quote
from types import MappingProxyType
from urllib.parse import urlsplit

from fastapi import FastAPI

from doorward import __version__
from doorward.adapters.common_passwords import ZxcvbnCommonPasswords
from doorward.adapters.console import LogEventPublisher, NoMailer, log_actions
from doorward.adapters.hashing import FirebaseKey, PooledPasswordHasher
from doorward.adapters.inbox import Inbox, InboxMailer
from doorward.adapters.jwt import JwtTokenIssuer
from doorward.adapters.key_ring import CachedKeyRing
from doorward.adapters.keys import HmacSecretMinter, derive_key
from doorward.adapters.smtp import SmtpMailer, SmtpServer
from doorward.auth import Auth, Parts, Policies, assemble
from doorward.branding import brand_of, letters_of, naming_the_file
from doorward.brokers import open_broker
from doorward.caches import Caches, open_caches
from doorward.domain.messages import Mail
from doorward.extras import CannotStart, needing
from doorward.http.app import create_app
from doorward.http.config import Check, HttpConfig
from doorward.http.remembered import RememberedSessions
from doorward.places import open_places
from doorward.ports.broker import MessageBroker
from doorward.ports.delivery import Mailer
from doorward.ports.places import Places
from doorward.ports.storage import Storage
from doorward.ports.store import Committed
from doorward.ports.writes import Write, outdated_by
from doorward.relay import QUICK_POLL_SECONDS, Relay
from doorward.settings import Settings
from doorward.settings.explained import explained
from doorward.storages import open_storage

log = logging.getLogger("doorward")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A built service: the engine, and what has to be opened and closed around it."""

    settings: Settings
    origins: Mapping[str, str]
    auth: Auth
    storage: Storage
    caches: Caches
    broker: MessageBroker | None
    hasher: PooledPasswordHasher
    relay: Relay
    remembered: RememberedSessions
    inbox: Inbox | None
    places: Places | None

    @property
    def is_dev(self) -> bool:
        """Whether mail is caught, as in development only."""
        return self.inbox is not None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve; with a broker, `serve` leaves deliveries to `doorward worker`."""
        is_relieved = self.broker is not None and not self.is_dev
        relaying = self.relay.purging(self.auth) if is_relieved else self.relay.running(self.auth)
        hear = self.remembered.forget
        async with self._around(relaying), self.storage.listening(hear), self.caches.listening(hear):
            yield

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Deliver and do nothing else, through the broker if there is one."""
        jobs = self.broker.jobs if self.broker else None
        async with self._around(self.relay.running(self.auth, jobs=jobs, poll_seconds=QUICK_POLL_SECONDS)):
            yield

    @asynccontextmanager
    async def _around(self, relaying: AbstractAsyncContextManager[None]) -> AsyncIterator[None]:
        """Check the schema, run the relay, and at the end close everything."""
        try:
            await must_be_migrated(self.storage)
            async with relaying:
                yield
        finally:
            await self.close()

    async def close(self) -> None:
        """Let go of threads and connections."""
        self.hasher.close()
        if self.caches.close:
            await self.caches.close()
        if self.broker:
            await self.broker.close()
        if self.places:
            self.places.close()
        await self.auth.parts.mailer.close()
        await self.storage.close()

    def _checks(self) -> Mapping[str, Check]:
        parts = self.auth.parts
        texter = parts.texter if self.settings.sms_url else None
        checks = {
            "database": parts.store.check,
            "redis": self.caches.check,
            "rabbitmq": self.broker.check if self.broker else None,
            "mail": parts.mailer.check,
            "sms": texter.check if texter else None,
        }
        return {name: check for name, check in checks.items() if check}

    def app(self) -> FastAPI:
        """The HTTP application."""
        with naming_the_file(self.settings):
            return create_app(self._http(), self.running)

    def _http(self) -> HttpConfig:
        settings = self.settings
        return HttpConfig(
            auth=self.auth,
            counters=self.caches.limits,
            profile=settings.profile,
            dialect=settings.dialect,
            brand=brand_of(settings),
            templates=settings.templates,
            version=__version__,
            public_url=self.auth.parts.public_url,
            is_dev=self.is_dev,
            has_docs=self.is_dev or settings.docs,
            limits=settings.limits,
            trusted_proxies=settings.trusted_proxies,
            checks=self._checks(),
            inbox=self.inbox,
            places=self.places,
            settings=explained(settings, self.origins),
            schema=self.storage.schema,
            processes=settings.workers,
            workers=self.broker.jobs.workers if self.broker and not self.is_dev else None,
            remembered=self.remembered,
        )


def build(
    settings: Settings, *, origins: Mapping[str, str] = MappingProxyType({}), tell: Callable[[Mail], None] | None = None
) -> Service:
    """Build a service.

    Args:
        settings: with `database_url`, `secret_key` and `public_url` set.
        origins: where each setting was said, for those who look at them.
        tell: given in development: mail is caught in an inbox and this is called for each.

    Raises:
        CannotStart: a setting names something that is not here.
    """
    if not (settings.database_url and settings.secret_key and settings.public_url):
        raise CannotStart("DATABASE_URL, SECRET_KEY and PUBLIC_URL are needed.")
    relay, remembered = Relay(), RememberedSessions(settings.session.max_staleness.total_seconds())
    storage = open_storage(settings.database_url, _noting(relay, remembered))
    caches = open_caches(settings.redis_url.get_secret_value() if settings.redis_url else None, storage)
    hasher = PooledPasswordHasher(settings.hashing, workers=settings.workers, firebase=_firebase_key(settings))
    broker, inbox = _broker(settings), Inbox(now=_now, tell=tell) if tell else None
    parts = Parts(
        store=caches.store,
        sessions=caches.sessions,
        counters=storage.counters,
        outbox=storage.outbox,
        hasher=hasher,
        common=ZxcvbnCommonPasswords(),
        secrets=_minter(settings),
        issuer=_issuer(settings, CachedKeyRing(storage.store.signing_keys, _now)),
        mailer=_caught(inbox, _mailer(settings)) or NoMailer(),
        texter=_caught(inbox, _texter(settings)),
        letters=letters_of(settings),
        publisher=broker.publisher if broker else LogEventPublisher(),
        now=_now,
        public_url=settings.public_url,
    )
    return Service(
        settings=settings,
        origins=origins,
        auth=assemble(parts, policies_of(settings)),
        storage=storage,
        caches=caches,
        broker=broker,
        hasher=hasher,
        relay=relay,
        remembered=remembered,
        inbox=inbox,
        places=open_places(settings),
    )


def _caught(inbox: Inbox | None, mailer: Mailer | None) -> Mailer | None:
    """What sends letters; in development they are caught too."""
    return InboxMailer(inbox, mailer) if inbox else mailer


def _now() -> datetime:
    return datetime.now(UTC)


def _secrets(settings: Settings) -> list[str]:
    """The secret, and those before it."""
    named = (settings.secret_key, *settings.previous_secret_keys)
    return [one.get_secret_value() for one in named if one]


def _minter(settings: Settings) -> HmacSecretMinter:
    secret, *previous = _secrets(settings)
    return HmacSecretMinter(secret, previous=previous)


def _issuer(settings: Settings, keys: CachedKeyRing) -> JwtTokenIssuer:
    secret, *previous = _secrets(settings)
    return JwtTokenIssuer(
        secret,
        algorithm=settings.algorithm,
        issuer=settings.issuer or settings.public_url or "",
        ttl=settings.session.access_ttl,
        keys=keys,
        previous=previous,
    )


def _noting(relay: Relay, remembered: RememberedSessions) -> Committed:
    """Log what was done, forget what is no longer true, wake the relay if something has to leave the house."""

    def note(changes: Sequence[Write]) -> None:
        remembered.forget(outdated_by(changes))
        log_actions(changes)
        relay.notice(changes)

    return note


def policies_of(settings: Settings) -> Policies:
    """What the operator decided."""
    return Policies(
        registration=settings.registration,
        password=settings.password,
        verification=settings.verification,
        lockout=settings.lockout,
        reset=settings.reset,
        closing=settings.closing,
        session=settings.session,
        sms=settings.sms,
        phone_region=settings.phone_region,
    )


def _broker(settings: Settings) -> MessageBroker | None:
    if settings.rabbitmq_url is None:
        return None
    return open_broker(
        settings.rabbitmq_url.get_secret_value(), [derive_key(secret, "jobs") for secret in _secrets(settings)]
    )


async def must_be_migrated(storage: Storage) -> None:
    """Raise CannotStart unless this release runs on the database's schema."""
    with needing("", "DATABASE_URL"):
        status = await storage.schema()
    if not status.is_compatible:
        found = "has no tables yet" if status.current is None else f"is at revision {status.current}"
        raise CannotStart(f"The database {found}; this release needs {status.head}. Run `doorward migrate`.")


def _firebase_key(settings: Settings) -> FirebaseKey | None:
    if settings.firebase_signer_key is None:
        return None
    return FirebaseKey.read(settings.firebase_signer_key.get_secret_value(), settings.firebase_salt_separator)


def _mailer(settings: Settings) -> Mailer | None:
    if settings.smtp_url is None or not settings.mail:
        return None
    try:
        server = SmtpServer.parse(settings.smtp_url.get_secret_value())
    except ValueError as error:
        raise CannotStart(f"SMTP_URL: {error}.") from None
    host = urlsplit(settings.public_url or "").hostname or "localhost"
    brand = brand_of(settings)
    picture = brand.logo.content if brand.logo and brand.has_picture else None
    return SmtpMailer(server, sender=settings.mail_from or f'"{quote(brand.name)}" <no-reply@{host}>', logo=picture)


def _texter(settings: Settings) -> Mailer | None:
    if settings.sms_url is None:
        return None
    with needing("sms", "SMS_URL"):
        from doorward.adapters.sms_webhook import SmsService, SmsWebhook  # noqa: PLC0415 - an extra

        return SmsWebhook(SmsService.parse(settings.sms_url.get_secret_value()))
