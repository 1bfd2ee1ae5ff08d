"""How long a sign-in lasts."""

from dataclasses import dataclass
from datetime import timedelta

from doorward.domain.bounds import check_bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPolicy:
    """Lifetimes of sessions and tokens.

    Attributes:
        access_ttl: of an access token.
        refresh_ttl: of the whole session, however often it is refreshed; unset means no refresh tokens.
        idle_ttl: a session that is not refreshed for so long is over; unset means only `refresh_ttl` counts.
        refresh_grace: how long the refresh token before the current one may be shown again.
        max_staleness: upper bound for honouring a sign-out that another worker took: how long session checks are
            answered from memory. 0 asks the database each time.
    """

    access_ttl: timedelta = timedelta(minutes=15)
    refresh_ttl: timedelta | None = timedelta(days=30)
    idle_ttl: timedelta | None = None
    refresh_grace: timedelta = timedelta(seconds=10)
    max_staleness: timedelta = timedelta(seconds=1)

    def __post_init__(self) -> None:
        check_bounds(access_ttl=(1, self.access_ttl.total_seconds(), 30 * 86400))

    @property
    def lifetime(self) -> timedelta:
        return self.refresh_ttl or self.access_ttl
