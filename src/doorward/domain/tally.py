"""Counting tries so that no race gets an extra one.

A try is reserved before it is judged and then counted or given back. While all that remain are reserved,
nobody else may try. A reservation that nobody decides (a killed process) falls back after `LEASE`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LEASE = timedelta(seconds=30)
FORGET_AFTER = timedelta(hours=24)


class Spent(Exception):
    """No try is left; `retry_after` is in seconds, None means that waiting does not help.

    `is_undecided` means that those which remain are being judged.
    """

    def __init__(self, retry_after: float | None, *, is_undecided: bool = False) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after
        self.is_undecided = is_undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often something was tried; `expires_at` is when all of it is forgotten."""

    count: int = 0
    reserved: int = 0
    reserved_until: datetime | None = None
    last_at: datetime | None = None
    expires_at: datetime | None = None

    def at(self, now: datetime) -> "Tally":
        """The tally as it counts now: expired counts and abandoned reservations are gone."""
        if self.expires_at is not None and now >= self.expires_at:
            return replace(Tally(), reserved=self.reserved, reserved_until=self.reserved_until).at(now)
        if self.reserved and self.reserved_until is not None and now >= self.reserved_until:
            return replace(self, reserved=0, reserved_until=None)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many tries there are.

    With `window`, counts are forgotten when it ends. With `delay`, a spent budget yields one more try after a
    wait that doubles each time up to `max_delay`. With `forgive_after`, a spent budget is whole again after that
    time. With none of them, a spent budget stays spent until it is cleared.
    """

    limit: int
    window: timedelta | None = None
    delay: timedelta | None = None
    max_delay: timedelta = timedelta(minutes=15)
    forgive_after: timedelta | None = None

    def reserve(self, tally: Tally, now: datetime) -> Tally:
        """Set one try aside, or raise Spent."""
        tally = tally.at(now)
        if tally.count + tally.reserved >= self.limit:
            self._refuse_or_allow_late_try(tally, now)
        return replace(tally, reserved=tally.reserved + 1, reserved_until=now + LEASE)

    def count(self, tally: Tally, now: datetime) -> Tally:
        """Decide a reserved try against the one who tried."""
        tally = self.release(tally, now)
        return replace(tally, count=tally.count + 1, last_at=now, expires_at=self._expiry(tally, now))

    def release(self, tally: Tally, now: datetime) -> Tally:
        """Give a reserved try back."""
        tally = tally.at(now)
        left = max(0, tally.reserved - 1)
        return replace(tally, reserved=left, reserved_until=tally.reserved_until if left else None)

    def clear(self, tally: Tally, now: datetime) -> Tally:
        """Give a reserved try back and forget all that were counted."""
        return self.forget(self.release(tally, now), now)

    def forget(self, tally: Tally, now: datetime) -> Tally:
        """Forget all that were counted; tries that others have reserved stay theirs."""
        tally = tally.at(now)
        return Tally(reserved=tally.reserved, reserved_until=tally.reserved_until)

    def restart(self, tally: Tally, now: datetime) -> Tally:
        """Count one from now on, whatever was counted before."""
        return self.take(self.forget(tally, now), now)

    def take(self, tally: Tally, now: datetime) -> Tally:
        """Reserve and count in one step, for what needs no judgement in between."""
        return self.count(self.reserve(tally, now), now)

    def give_back(self, tally: Tally, now: datetime) -> Tally:
        """Take back one that was counted."""
        tally = tally.at(now)
        return replace(tally, count=max(0, tally.count - 1))

    def left(self, tally: Tally, now: datetime) -> int:
        """How many tries remain."""
        tally = tally.at(now)
        return max(0, self.limit - tally.count - tally.reserved)

    def _refuse_or_allow_late_try(self, tally: Tally, now: datetime) -> None:
        if tally.reserved:
            raise Spent(retry_after=1, is_undecided=True)
        if self.delay is not None and tally.last_at is not None:
            wait = min(self.delay * 2 ** min(tally.count - self.limit, 20), self.max_delay)
            if now < tally.last_at + wait:
                raise Spent((tally.last_at + wait - now).total_seconds())
            return
        raise Spent(None if tally.expires_at is None else (tally.expires_at - now).total_seconds())

    def _expiry(self, tally: Tally, now: datetime) -> datetime | None:
        if self.window is not None:
            return tally.expires_at or now + self.window
        if self.delay is not None:
            return now + FORGET_AFTER
        is_last = tally.count + 1 >= self.limit
        return now + self.forgive_after if self.forgive_after is not None and is_last else None
