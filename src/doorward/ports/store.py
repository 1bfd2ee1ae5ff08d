"""What is remembered: free reads, and one way to change anything."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, Protocol, TypeVar
from uuid import UUID

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.events import LoginAttempt, VerificationEntry
from doorward.domain.identifiers import Identifier
from doorward.domain.registration import Registration
from doorward.domain.session import Session
from doorward.domain.signing import SigningKey
from doorward.domain.user import Role, Status, User
from doorward.ports.writes import Write

T = TypeVar("T")
Committed = Callable[[Sequence[Write]], None]
"""Called after each commit with what was written."""
UserSort = Literal["created_at", "-created_at", "email", "-email"]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items and where the next ones begin; `next_cursor` is None on the last page."""

    items: Sequence[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserQuery:
    """Which users. `text` is what e-mail, its domain, phone, user name or names begin with (`Search`).

    `closing` asks whether its owner has closed it, to be removed later. `since` and `until` are about when the account
    was made; `since` is included, `until` is not.
    """

    text: str | None = None
    status: Status | None = None
    closing: bool | None = None
    verified: bool | None = None
    role: Role | None = None
    since: datetime | None = None
    until: datetime | None = None
    sort: UserSort = "-created_at"
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which audit rows, newest first; `among` are types, `since` is included, `until` is not."""

    event_type: str | None = None
    among: frozenset[str] | None = None
    user_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One row of `audit_logs`."""

    id: UUID
    user_id: UUID | None
    event_type: str
    event_time: datetime
    details: Mapping[str, object]
    ip_address: str | None


class Users(Protocol):
    """Reads of accounts."""

    async def get(self, user_id: UUID) -> User:
        """The account with this id, or NotFound."""

    async def find(self, identifier: Identifier) -> User | None:
        """The account with this canonical identifier."""

    async def matching(self, ids: Collection[UUID], identifiers: Collection[Identifier]) -> Sequence[User]:
        """All accounts that have one of these ids or canonical identifiers; a few hundred may be asked for at once."""

    async def page(self, query: UserQuery) -> Page[User]:
        """Accounts that match, in the order asked for. InvalidInput for a cursor that is not its own."""

    async def count(self, query: UserQuery, *, at_most: int | None = None) -> int:
        """How many accounts match on all pages together; with `at_most`, counting ends there."""

    async def closing(self, until: datetime, limit: int) -> Sequence[User]:
        """Accounts whose time is over by then, the longest first."""

    async def former_passwords(self, user_id: UUID, limit: int) -> Sequence[str]:
        """Hashes of former passwords, newest first."""


class Registrations(Protocol):
    """Reads of concealed sign-ups."""

    async def find(self, registration_id: UUID) -> Registration | None:
        """The sign-up with this id."""


class Challenges(Protocol):
    """Reads of challenges."""

    async def find(self, challenge_id: UUID) -> Challenge | None:
        """The challenge with this id."""

    async def latest(self, subject_id: UUID, purpose: Purpose) -> Challenge | None:
        """The newest challenge of a subject for a purpose, open or not."""


class Sessions(Protocol):
    """Reads of sessions."""

    async def find(self, session_id: UUID) -> Session | None:
        """The session with this id."""

    async def with_user(self, session_id: UUID) -> tuple[Session, User] | None:
        """The session with this id and whose it is; asked with every request, so by as few questions as can be."""

    async def of_user(self, user_id: UUID) -> Sequence[Session]:
        """All sessions of a user that have not ended, newest first."""


class SigningKeys(Protocol):
    """Reads of the generations of the signing key."""

    async def listed(self) -> Sequence[SigningKey]:
        """All that were written down, oldest first."""


class AuditLog(Protocol):
    """Reads of the audit log."""

    async def page(self, query: AuditQuery) -> Page[AuditRow]:
        """Rows that match, newest first. InvalidInput for a cursor that is not its own."""

    async def histogram(self, query: AuditQuery, edges: Sequence[datetime]) -> Mapping[str, Sequence[int]]:
        """How many rows of each type lie between each edge (included) and the next one (not).

        Types without rows are left out; so are the query's limit and cursor.
        """

    async def login_attempts(self, user_id: UUID, limit: int) -> Sequence[LoginAttempt]:
        """The newest tries to sign in to an account."""

    async def verification_log(self, user_id: UUID, limit: int) -> Sequence[VerificationEntry]:
        """The newest steps by which an account's address was proven."""


class Store(Protocol):
    """Everything that is remembered about accounts."""

    @property
    def users(self) -> Users: ...
    @property
    def registrations(self) -> Registrations: ...
    @property
    def challenges(self) -> Challenges: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def signing_keys(self) -> SigningKeys: ...
    @property
    def audit(self) -> AuditLog: ...

    async def commit(self, *writes: Write) -> None:
        """Make all the changes or none.

        Raises:
            Stale: a condition of one of them does not hold.
            IdentifierTaken: an identifier belongs to another account.
            Unavailable: the store does not answer.
        """

    async def purge(self, now: datetime) -> int:
        """Remove what has expired and say how many records that were."""

    async def check(self) -> None:
        """Raise Unavailable unless the store answers."""
