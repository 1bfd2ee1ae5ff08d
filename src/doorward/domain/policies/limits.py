"""How much one network may ask for."""

import re
from dataclasses import dataclass
from datetime import timedelta

from doorward.domain.tally import Budget

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so long, written `20/minute`."""

    limit: int
    window: timedelta

    @classmethod
    def parse(cls, text: str) -> "Rate | None":
        """Read `N/second|minute|hour|day`; `off` means no limit.

        Raises:
            ValueError: anything else.
        """
        if text.strip().lower() == "off":
            return None
        match = re.fullmatch(r"\s*([1-9][0-9]{0,8})\s*/\s*(second|minute|hour|day)\s*", text)
        if not match:
            raise ValueError("write it as 20/minute (second, minute, hour, day), or off")
        return cls(int(match[1]), timedelta(seconds=_UNITS[match[2]]))

    def __str__(self) -> str:
        unit = {seconds: name for name, seconds in _UNITS.items()}[int(self.window.total_seconds())]
        return f"{self.limit}/{unit}"

    def budget(self) -> Budget:
        return Budget(limit=self.limit, window=self.window)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsPolicy:
    """Requests per network (an IPv4 address or an IPv6 /64); unset means no limit, allowed in development only.

    Attributes:
        register: sign-ups.
        sign_in: passwords, also by form.
        verify: codes and links.
        resend: new codes.
        forgot: requests for a reset.
        reset: new passwords by link.
        refresh: new tokens.
        default: everything together.
    """

    register: Rate | None = Rate(20, timedelta(hours=1))
    sign_in: Rate | None = Rate(60, timedelta(minutes=1))
    verify: Rate | None = Rate(60, timedelta(minutes=1))
    resend: Rate | None = Rate(20, timedelta(minutes=1))
    forgot: Rate | None = Rate(20, timedelta(hours=1))
    reset: Rate | None = Rate(60, timedelta(hours=1))
    refresh: Rate | None = Rate(120, timedelta(minutes=1))
    default: Rate | None = None

    def named(self, name: str) -> Rate | None:
        rate: Rate | None = getattr(self, name)
        return rate
