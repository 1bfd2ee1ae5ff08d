"""Whom text messages reach, and how many are sent."""

from dataclasses import dataclass
from datetime import timedelta

from doorward.domain.bounds import check_bounds
from doorward.domain.errors import InvalidInput, Violation
from doorward.domain.identifiers import Identifier, country_of, is_premium, parse_phone
from doorward.domain.tally import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsPolicy:
    """Rules against paying for other people's messages (SMS pumping).

    Attributes:
        daily_cap: how many messages are sent in a day, counted from the first one; 0 sends none.
        countries: two-letter codes of the countries that are served; empty means all.
    """

    daily_cap: int = 500
    countries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_bounds(daily_cap=(0, self.daily_cap, 10_000_000))
        strange = [c for c in self.countries if len(c) != 2 or not c.isascii() or not c.isupper()]
        if strange:
            raise ValueError("countries: write each as two capital letters, such as DE,FR")

    def budget(self) -> Budget:
        return Budget(limit=self.daily_cap, window=timedelta(days=1))

    def serves(self, phone: Identifier) -> bool:
        """Whether messages to this number are sent: to no premium number, and to the named countries only."""
        return not is_premium(phone) and (not self.countries or country_of(phone) in self.countries)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonePolicy:
    """Which numbers may name an account.

    Attributes:
        region: see `parse_phone`.
        is_reached: whether this service sends text messages at all.
        sms: see there.
    """

    region: str | None = None
    is_reached: bool = False
    sms: SmsPolicy = SmsPolicy()

    def accept(self, text: str) -> Identifier:
        """Bring a number into canonical form.

        Raises:
            InvalidInput: it is no number, or messages to it are not sent.
        """
        phone = parse_phone(text, self.region)
        if not self.is_reached or not self.sms.serves(phone):
            raise InvalidInput(Violation("/phone", "phone_unavailable"))
        return phone
