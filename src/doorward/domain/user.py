"""The user: one person's account."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from doorward.domain.identifiers import Identifier, Kind


class Status(StrEnum):
    """ACTIVE, LOCKED by failed sign-ins, or DISABLED by an operator."""

    ACTIVE = "ACTIVE"
    LOCKED = "LOCKED"
    DISABLED = "DISABLED"


class Role(StrEnum):
    """What an account may do beyond its own affairs."""

    USER = "user"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a person tells about himself; never used to decide anything."""

    first_name: str = ""
    last_name: str = ""
    date_of_birth: date | None = None
    date_of_joining: date | None = None
    address: str | None = None
    comments: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One account. Instances are facts about a moment; a change makes a new instance."""

    id: UUID
    email: str | None = None
    phone: str | None = None
    username: str | None = None
    profile: Profile = Profile()
    password_hash: str = field(repr=False)
    status: Status = Status.ACTIVE
    role: Role = Role.USER
    failed_attempts: int = 0
    created_at: datetime
    last_login_at: datetime | None = None
    verified_at: datetime | None = None
    password_changed_at: datetime
    locked_until: datetime | None = None
    closes_at: datetime | None = None

    @property
    def is_verified(self) -> bool:
        return self.verified_at is not None

    def identifiers(self) -> tuple[Identifier, ...]:
        """All names under which this account can be found."""
        named = ((Kind.EMAIL, self.email), (Kind.PHONE, self.phone), (Kind.USERNAME, self.username))
        return tuple(Identifier(kind, value) for kind, value in named if value)

    def own_words(self) -> tuple[str, ...]:
        """Words that make a password guessable for whoever knows the person."""
        return own_words(self.profile, tuple(i.value for i in self.identifiers()))

    def is_locked(self, now: datetime) -> bool:
        """Whether sign-in is refused now; a lock with an end is over at that moment."""
        return self.status is Status.LOCKED and (self.locked_until is None or now < self.locked_until)

    def is_active_admin(self, now: datetime) -> bool:
        """Whether this is an administrator who is neither disabled nor locked."""
        return self.role is Role.ADMIN and self.status is not Status.DISABLED and not self.is_locked(now)

    def signed_in(self, now: datetime) -> "User":
        return replace(self.unlocked(), last_login_at=now)

    def locked(self, until: datetime | None) -> "User":
        """Locked; an operator's DISABLED stays, or its owner could lift it like a lock."""
        return self if self.status is Status.DISABLED else replace(self, status=Status.LOCKED, locked_until=until)

    def unlocked(self) -> "User":
        """Free of lock and failures; an operator's DISABLED stays."""
        status = Status.ACTIVE if self.status is Status.LOCKED else self.status
        return replace(self, status=status, failed_attempts=0, locked_until=None)

    def closing(self, at: datetime) -> "User":
        """Out of use by its owner's wish, to be removed at that moment."""
        return replace(self, status=Status.DISABLED, closes_at=at)

    def restored(self) -> "User":
        """In use again, whatever had closed or locked it."""
        return replace(self, status=Status.ACTIVE, failed_attempts=0, locked_until=None, closes_at=None)

    def verified(self, now: datetime) -> "User":
        return self if self.verified_at else replace(self, verified_at=now)

    def with_password(self, password_hash: str, now: datetime) -> "User":
        return replace(self, password_hash=password_hash, password_changed_at=now)


def own_words(profile: Profile, identifiers: tuple[str, ...]) -> tuple[str, ...]:
    """The parts of names and identifiers that are four characters or longer."""
    local_parts = (text.partition("@")[0] for text in identifiers)
    words = [*local_parts, profile.first_name, profile.last_name]
    return tuple(w for text in words for w in text.replace(".", " ").replace("_", " ").split() if len(w) >= 4)
