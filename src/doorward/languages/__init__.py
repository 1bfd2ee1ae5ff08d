"""What is said to people, in their language: English in the source, gettext catalogues (`de.po`, …) in this folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel import Locale
from babel.core import negotiate_locale
from babel.dates import format_date, format_datetime, format_skeleton, format_time, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

from doorward.domain.place import Place

FOLDER = Path(__file__).parent
SOURCE = "en"
OFFERED = (SOURCE, *sorted(path.stem for path in FOLDER.glob("*.po")))
MAX_HEADER = 500
Unit = Literal["day", "hour", "minute", "second"]
UNITS: tuple[tuple[Unit, int, int], ...] = (("day", 86400, 2), ("hour", 3600, 1), ("minute", 60, 1))
"""Each with its seconds, and from how many of it a duration is said in it: a day is 24 hours."""


def N_(text: str) -> str:  # noqa: N802 - the name by which gettext's tools find such texts
    """Mark a text that is translated later, where the reader is known."""
    return text


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802 - like the one above
    """Mark a text that depends on a number."""
    return one, many


CITY_AND_COUNTRY = N_("%(city)s, %(country)s")
BROWSER_ON_SYSTEM = N_("%(browser)s on %(system)s")


@dataclass(frozen=True)
class Speech:
    """One language, to say things in."""

    language: str

    @property
    def direction(self) -> str:
        """`ltr`, or `rtl` for scripts that are written from the right."""
        return self._locale.text_direction

    @property
    def own_name(self) -> str:
        """What its speakers call it."""
        return (self._locale.get_display_name(self.language) or self.language).capitalize()

    def say(self, text: str) -> str:
        """Translate."""
        return self.translations.gettext(text) if text else ""

    def count(self, one: str, many: str, number: int) -> str:
        """Translate what depends on a number, and fill it in as `{n}`."""
        return self.translations.ngettext(one, many, number).format(n=number)

    def moment(self, at: datetime) -> str:
        """A date and a time in UTC; a script may show them in the reader's zone."""
        return f"{format_datetime(at, 'medium', locale=self._locale)} UTC"

    def day(self, at: datetime) -> str:
        """A date."""
        return format_date(at, "medium", locale=self._locale)

    def clock(self, at: datetime) -> str:
        """A time of today in UTC."""
        return f"{format_time(at, 'short', locale=self._locale)} UTC"

    def duration(self, lasting: timedelta) -> str:
        """About how long: `15 minutes`."""
        return format_timedelta(lasting, threshold=2, locale=self._locale)

    def lasting(self, duration: timedelta) -> str:
        """Exactly how long, as a rule says it: `1 minute`, `90 seconds`, `24 hours`."""
        seconds = int(duration.total_seconds())
        for unit, size, least in UNITS:
            count, rest = divmod(seconds, size)
            if count >= least and not rest:
                return self._in(unit, duration)
        return self._in("second", duration)

    def short_day(self, at: datetime) -> str:
        """A date without its year."""
        return format_skeleton("MMMd", at, locale=self._locale)

    def number(self, number: float) -> str:
        """A number with its separators; of a fraction, one digit."""
        return format_decimal(round(number, 1), locale=self._locale)

    def place(self, place: Place) -> str:
        """City and country, by the names that the place has in this language, else that the language has for it."""
        city = self._own(place.city) or place.city.get(SOURCE, "")
        known = self._own(place.country) or self._locale.territories.get(place.territory)
        country = known or place.country.get(SOURCE, place.territory)
        if not city or not country:
            return city or country
        return self.say(CITY_AND_COUNTRY) % {"city": city, "country": country}

    def device(self, label: str) -> str:
        """A device as sessions keep it, `Firefox on Linux`; what has another form stays as it is."""
        browser, on, system = label.partition(" on ")
        return self.say(BROWSER_ON_SYSTEM) % {"browser": browser, "system": system} if on else label

    def _own(self, names: Mapping[str, str]) -> str:
        """The name in this language, be it one of its regions: GeoIP files know Portuguese as `pt-BR`."""
        regional = (name for language, name in names.items() if language.startswith(f"{self.language}-"))
        return names.get(self.language) or next(regional, "")

    def _in(self, unit: Unit, duration: timedelta) -> str:
        """With a threshold that nothing reaches, the unit is the one that is asked for."""
        return format_timedelta(duration, granularity=unit, threshold=10**9, locale=self._locale)

    @cached_property
    def translations(self) -> NullTranslations:
        """The catalogue."""
        return _catalogue(self.language)

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.language)


@cache
def speech(language: str) -> Speech:
    """The language of that name."""
    return Speech(language)


@cache
def _catalogue(language: str) -> NullTranslations:
    if language == SOURCE:
        return NullTranslations()
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def preferred(accepted: str, chosen: str | None = None) -> str:
    """The best of what is offered: what somebody chose, else what his browser asks for (RFC 9110 §12.5.4)."""
    if chosen in OFFERED:
        return chosen
    wanted = sorted(map(_weighed, accepted[:MAX_HEADER].split(",")), key=lambda pair: -pair[1])
    return negotiate_locale([name for name, weight in wanted if weight > 0], OFFERED, sep="-") or SOURCE


def _weighed(part: str) -> tuple[str, float]:
    name, _, weight = part.partition(";q=")
    try:
        return name.strip(), float(weight or 1)
    except ValueError:
        return name.strip(), 0.0
