"""The file with places: that it opens was seen when the service was built."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from doorward.bootstrap import Service
from doorward.cli.checkups.finding import Finding

OLD = timedelta(days=180)


async def check_places(service: Service) -> AsyncIterator[Finding]:
    """Say how old it is: addresses move; nothing is said where there is none."""
    if service.places is None:
        return
    name, made_at = service.places.name, service.places.made_at
    if datetime.now(UTC) - made_at > OLD:
        yield Finding.note("places", f"{name} is of {made_at:%Y-%m-%d}.", "Put a newer file at GEOIP_DATABASE.")
    else:
        yield Finding.ok("places", f"{name} of {made_at:%Y-%m-%d}")
