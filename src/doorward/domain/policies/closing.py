"""How an account is closed."""

from dataclasses import dataclass
from datetime import timedelta

from doorward.domain.bounds import check_bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingPolicy:
    """Rules for people who close their own account.

    Attributes:
        grace: how long a closed account can be brought back by a mailed link before it is removed; empty: it is
            removed at once, like one that has no proven address to send the link to.
    """

    grace: timedelta | None = None

    def __post_init__(self) -> None:
        check_bounds(grace=(1, self.grace.total_seconds() if self.grace else 1, 365 * 86400))
