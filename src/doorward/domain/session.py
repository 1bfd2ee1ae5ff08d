"""A session: who signed in, since when, until when."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in on one device. `generation` counts the rotations of its refresh token.

    With `acting_id` an administrator looks at the user's account through it, and may change nothing; it is the session
    of his own that it came from, and lives no longer than that.
    """

    id: UUID
    user_id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    generation: int = 0
    rotated_at: datetime | None = None
    ended_at: datetime | None = None
    ip_address: str | None = None
    device: str | None = None
    acting_id: UUID | None = None

    def is_live(self, now: datetime, *, idle_ttl: timedelta | None) -> bool:
        """Whether it still counts: not ended, within its lifetime, and not idle for too long."""
        idle = idle_ttl is not None and now >= self.last_used_at + idle_ttl
        return self.ended_at is None and now < self.expires_at and not idle

    def rotated(self, now: datetime) -> "Session":
        return replace(self, generation=self.generation + 1, rotated_at=now, last_used_at=now)

    def accepts_repeat(self, generation: int, now: datetime, *, grace: timedelta) -> bool:
        """Whether the token before the current one may be shown again (a lost answer, two tabs)."""
        return generation == self.generation - 1 and self.rotated_at is not None and now <= self.rotated_at + grace
