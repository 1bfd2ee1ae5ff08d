"""How a forgotten password is replaced."""

from dataclasses import dataclass
from datetime import timedelta

from doorward.domain.bounds import check_bounds
from doorward.domain.tally import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPolicy:
    """Rules for reset links.

    Attributes:
        link_ttl: counted from the hand-over to the mail server.
        max_requests: how many mails are sent in one `window`; further requests are answered alike and send none.
        window: see `max_requests`.
    """

    link_ttl: timedelta = timedelta(hours=1)
    max_requests: int = 3
    window: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        check_bounds(
            link_ttl=(1, self.link_ttl.total_seconds(), 30 * 86400),
            max_requests=(1, self.max_requests, 1000),
            window=(1, self.window.total_seconds(), 30 * 86400),
        )

    def budget(self) -> Budget:
        return Budget(limit=self.max_requests, window=self.window)
