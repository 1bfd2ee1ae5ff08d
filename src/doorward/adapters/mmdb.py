"""Places out of a file in MaxMind's format (`.mmdb`), mapped into memory."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import maxminddb

from doorward.domain.place import Address, Place

KINDS = ("city", "country", "enterprise")
log = logging.getLogger("doorward.places")


class MmdbPlaces:
    """Looks addresses up; the file is read where it is asked for, and nothing of it is copied or sent."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            ValueError: it cannot be read, is none of this format, or holds neither cities nor countries.
        """
        try:
            self._reader = maxminddb.open_database(path)
        except OSError as error:
            raise ValueError(f"{path} cannot be read ({error.strerror})") from None
        except maxminddb.InvalidDatabaseError:
            raise ValueError(f"{path} is no whole file in MaxMind's format (.mmdb)") from None
        self._about = self._reader.metadata()
        if not any(kind in self.name.casefold() for kind in KINDS):
            self._reader.close()
            raise ValueError(f"{path} is a {self.name} file; one with cities or countries is needed")

    @property
    def name(self) -> str:
        return self._about.database_type

    @property
    def made_at(self) -> datetime:
        return datetime.fromtimestamp(self._about.build_epoch, UTC)

    def find(self, address: Address) -> Place | None:
        if address.version > self._about.ip_version:
            return None
        try:
            row = self._reader.get(address)
        except maxminddb.InvalidDatabaseError:
            log.warning("A place cannot be looked up: the file of GEOIP_DATABASE is damaged.")
            return None
        return _place(row) if isinstance(row, Mapping) else None

    def close(self) -> None:
        self._reader.close()


def _place(row: Mapping[str, Any]) -> Place | None:
    """A country by where the address is, else by where it is registered."""
    country = row.get("country") or row.get("registered_country") or {}
    place = Place(_names(row.get("city")), _names(country), _text(country, "iso_code"))
    return place if place.city or place.country or place.territory else None


def _names(part: Any) -> dict[str, str]:
    names = part.get("names") if isinstance(part, Mapping) else None
    return {language: str(name) for language, name in names.items()} if isinstance(names, Mapping) else {}


def _text(part: Any, name: str) -> str:
    return str(part.get(name, "")) if isinstance(part, Mapping) else ""
