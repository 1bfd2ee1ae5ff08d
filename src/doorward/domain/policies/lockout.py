"""What failed sign-ins lead to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from doorward.domain.bounds import check_bounds
from doorward.domain.tally import Budget

MOST_CONSECUTIVE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LockoutPolicy:
    """Rules against guessing passwords.

    Attributes:
        mode: `lock` sets the account LOCKED at the failure after `max_failures`; `delay` asks for a growing wait
            and never locks anybody out (NIST SP 800-63B-4 §3.2.2).
        max_failures: consecutive failures without consequence: the one after them locks; or the try after them waits.
        lock_ttl: how long a lock lasts; unset means until it is unlocked.
        first_delay: the wait after the failures are used up; it doubles with each further one.
        max_delay: the longest wait.
    """

    mode: Literal["lock", "delay"] = "delay"
    max_failures: int = 5
    lock_ttl: timedelta | None = None
    first_delay: timedelta = timedelta(seconds=30)
    max_delay: timedelta = timedelta(minutes=15)

    def __post_init__(self) -> None:
        check_bounds(
            max_failures=(1, self.max_failures, 100),
            first_delay=(1, self.first_delay.total_seconds(), 86400),
            max_delay=(1, self.max_delay.total_seconds(), 86400),
        )

    @property
    def locks(self) -> bool:
        return self.mode == "lock"

    def budget(self) -> Budget:
        """The tries of one account; where accounts wait, from one network."""
        if self.locks:
            return Budget(limit=self.max_failures + 1, forgive_after=self.lock_ttl)
        return self.waiting_budget()

    def waiting_budget(self) -> Budget:
        """The tries at the password of a sign-up that waits; it is no account, so it is never locked."""
        return Budget(limit=self.max_failures, delay=self.first_delay, max_delay=self.max_delay)

    def account_budget(self) -> Budget:
        """Where accounts wait: the failures of one account from all networks together (NIST SP 800-63B-4 §3.2.2)."""
        limit = max(self.max_failures, MOST_CONSECUTIVE)
        return Budget(limit=limit, delay=self.first_delay, max_delay=self.max_delay)

    def locked_until(self, now: datetime) -> datetime | None:
        return now + self.lock_ttl if self.lock_ttl else None
