"""Which file GEOIP_DATABASE opens; without it no place is shown."""

from doorward.extras import needing
from doorward.ports.places import Places
from doorward.settings import Settings


def open_places(settings: Settings) -> Places | None:
    """Open the file that the setting names.

    Raises:
        CannotStart: the package is missing, or the file is, or it holds no places.
    """
    if settings.geoip_database is None:
        return None
    with needing("geoip", "GEOIP_DATABASE"):
        from doorward.adapters.mmdb import MmdbPlaces  # noqa: PLC0415 - an extra

        return MmdbPlaces(settings.geoip_database)
