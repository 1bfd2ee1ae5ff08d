"""The database: reached, of the right schema, written to, and in step with the clock."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from doorward.bootstrap import Service
from doorward.cli.checkups.finding import Finding
from doorward.cli.running import OPERATOR
from doorward.domain.errors import Unavailable
from doorward.http.checks import REMEDIES, reason_of

OLD_KEY = timedelta(days=365)


async def check_database(service: Service) -> AsyncIterator[Finding]:
    """Reach it, and write and roll back for real."""
    try:
        status = await service.storage.schema()
    except Unavailable as error:
        yield Finding.wrong("database", f"It cannot be used ({reason_of(error)}).", REMEDIES["database"].fix)
        return
    if not status.is_compatible:
        stands = status.current or "empty"
        yield Finding.wrong("schema", f"It is {stands}; this release needs {status.head}.", REMEDIES["schema"].fix)
        return
    yield Finding.ok("schema", f"revision {status.current}")
    start = time.perf_counter()
    is_gone = await service.storage.write_and_roll_back()
    ms = (time.perf_counter() - start) * 1000
    if is_gone:
        yield Finding.ok("database", f"a row was written and rolled back in {ms:.1f} ms")
    else:
        yield Finding.wrong("database", "A rolled back row is still there.", "Use an engine with transactions.")


async def check_redis(service: Service) -> AsyncIterator[Finding]:
    """Reach Redis, if there is to be one."""
    if service.caches.check is None:
        return
    try:
        await service.caches.check()
        yield Finding.ok("redis", "it answers, and runs scripts")
    except Unavailable as error:
        yield Finding.wrong("redis", f"It cannot be used ({reason_of(error)}).", REMEDIES["redis"].fix)


async def check_records(service: Service) -> AsyncIterator[Finding]:
    """Look at what the records tell: the clock, the keys, and what waits to be sent."""
    health = await service.auth.see_health(OPERATOR)
    if health.is_clock_right:
        yield Finding.ok("clock", f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC; no record is from the future")
    else:
        ahead = health.ahead.total_seconds()
        yield Finding.wrong("clock", f"The newest audit row is {ahead:.0f} s in the future.", REMEDIES["clock"].fix)
    waiting = ", ".join(f"{count} {lane}" for lane, count in health.depth.items())
    if health.is_late:
        waits = health.waits.total_seconds()
        yield Finding.wrong("outbox", f"{waiting}; the oldest waits since {waits:.0f} s", "See why: /admin/outbox")
    elif health.depth["dead"]:
        yield Finding.note("outbox", waiting, "Dead ones could not be delivered; /admin/outbox and the log say why.")
    else:
        yield Finding.ok("outbox", waiting)
    yield await _check_keys(service)


async def _check_keys(service: Service) -> Finding:
    settings, now = service.settings, datetime.now(UTC)
    if settings.algorithm == "HS256":
        return Finding.ok("keys", "HS256 with SECRET_KEY itself; rotate with: doorward keys rotate")
    keys = await service.auth.parts.store.signing_keys.listed()
    newest = max((key.signs_from for key in keys), default=None)
    if newest is not None and now - newest > OLD_KEY:
        return Finding.note("keys", f"The newest signs since {newest:%Y-%m-%d}.", "Rotate: doorward keys rotate")
    since = f"since {newest:%Y-%m-%d}" if newest else "the first one, derived from SECRET_KEY"
    return Finding.ok("keys", f"{settings.algorithm}, {since}")
