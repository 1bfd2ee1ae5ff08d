"""Changes, as data. A use case reads freely, decides, and hands all its changes to `Store.commit` at once.

Conditional ones say what must still be true; if it is not, nothing of the commit happens and `Stale` is raised.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.events import Event, LoginAttempt
from doorward.domain.messages import Message
from doorward.domain.registration import Registration
from doorward.domain.session import Session
from doorward.domain.signing import SigningKey
from doorward.domain.user import User

REMOVED = "(removed)"
"""What stands in a login attempt for the identifier of an account that is gone."""


class Stale(Exception):
    """What a change was based on is no longer true; nothing was written."""


@dataclass(frozen=True, slots=True)
class AddUser:
    """Add an account; a taken identifier refuses the whole commit with IdentifierTaken, a taken id with Stale."""

    user: User


@dataclass(frozen=True, slots=True)
class SaveUser:
    """Write the members in which `new` differs from `old`, and those in `always`.

    `guard` names members that must still be as in `old`.
    """

    old: User
    new: User
    guard: tuple[str, ...] = ()
    always: tuple[str, ...] = ()


def changed_members(write: SaveUser) -> set[str]:
    """The names of the members that a SaveUser writes."""
    names = (f.name for f in fields(User))
    return {n for n in names if getattr(write.old, n) != getattr(write.new, n)} | set(write.always)


@dataclass(frozen=True, slots=True)
class CountFailedAttempt:
    """Add one to the user's `failed_attempts`."""

    user_id: UUID


@dataclass(frozen=True, slots=True)
class RemoveUser:
    """Remove an account with its sessions, credentials, challenges and what waits for its address; Stale if it is gone.

    Audit rows and login attempts stay, the latter without the identifier.
    """

    user_id: UUID


@dataclass(frozen=True, slots=True)
class KeepAdmin:
    """Refuse the whole commit with LastAdmin if no administrator is left who may act; it stands after what it judges.

    Commits that hold it are judged one after the other, so that two administrators cannot end each other's rights.
    """

    at: datetime


def keeping_an_admin(before: User, after: User | None, *, actor: Actor, now: datetime) -> tuple[KeepAdmin, ...]:
    """What a commit needs that takes an administrator's rights or account away; the operator may do without."""
    loses = before.is_active_admin(now) and not (after is not None and after.is_active_admin(now))
    return (KeepAdmin(now),) if loses and actor.user is not None else ()


@dataclass(frozen=True, slots=True)
class AddFormerPassword:
    """Keep a replaced hash so that it cannot come back; only the newest `keep` stay."""

    user_id: UUID
    password_hash: str
    at: datetime
    keep: int


@dataclass(frozen=True, slots=True)
class AddRegistration:
    """Add a concealed sign-up."""

    registration: Registration


@dataclass(frozen=True, slots=True)
class SettleRegistrations:
    """Remove the sign-up that won and make all others that wait for its address decoys: they go on looking alike."""

    winner_id: UUID
    email: str


@dataclass(frozen=True, slots=True)
class RemoveRegistration:
    """Remove a concealed sign-up with its challenges; Stale if it is gone."""

    registration_id: UUID


@dataclass(frozen=True, slots=True)
class AddChallenge:
    """Add a challenge."""

    challenge: Challenge


@dataclass(frozen=True, slots=True)
class HandOver:
    """Start a challenge's clocks; Stale if it was answered meanwhile."""

    challenge: Challenge


@dataclass(frozen=True, slots=True)
class ConsumeChallenge:
    """Spend a challenge; Stale unless this is the first time."""

    challenge_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsumeChallenges:
    """Spend all open challenges of a subject for one purpose, however many there are."""

    subject_id: UUID
    purpose: Purpose
    at: datetime


@dataclass(frozen=True, slots=True)
class AddSession:
    """Add a session."""

    session: Session


@dataclass(frozen=True, slots=True)
class RotateSession:
    """Write the rotated session; Stale unless the stored generation is the one before and it has not ended."""

    session: Session


@dataclass(frozen=True, slots=True)
class EndSession:
    """End one session; Stale if it has ended already."""

    session_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class EndSessions:
    """End all sessions of a user, or all but one."""

    user_id: UUID
    at: datetime
    but: UUID | None = None


@dataclass(frozen=True, slots=True)
class PutSigningKey:
    """Write a generation of the signing key; Stale unless the stored one is `replaces` (None: there is none)."""

    key: SigningKey
    replaces: SigningKey | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Write an event to the audit log and, if it has a wire name, to the outbox."""

    event: Event


@dataclass(frozen=True, slots=True)
class AddLoginAttempt:
    """Write a row of `login_attempts`; without the identifier if its account is gone."""

    attempt: LoginAttempt


@dataclass(frozen=True, slots=True)
class Send:
    """Put a message into the outbox."""

    message: Message
    at: datetime


@dataclass(frozen=True, slots=True)
class ReviveDeliveries:
    """Let what is in the outbox be tried at once, given up or not; Stale if one is gone or in somebody's hands."""

    ids: tuple[UUID, ...]
    at: datetime


Write = (
    AddUser
    | SaveUser
    | CountFailedAttempt
    | RemoveUser
    | KeepAdmin
    | AddFormerPassword
    | AddRegistration
    | SettleRegistrations
    | RemoveRegistration
    | AddChallenge
    | HandOver
    | ConsumeChallenge
    | ConsumeChallenges
    | AddSession
    | RotateSession
    | EndSession
    | EndSessions
    | PutSigningKey
    | Record
    | AddLoginAttempt
    | Send
    | ReviveDeliveries
)


def accounts_of(changes: Sequence[Write]) -> set[UUID]:
    """The accounts that changes are about; commits about one of them go one after the other.

    Not those that the changes add: nobody else knows them yet. And no sign-up that is pending, nor whoever an event
    names: that a sign-up waits would tell that there is an account.
    """
    added: set[UUID | None] = {change.user.id for change in changes if isinstance(change, AddUser)}
    return {account for change in changes if (account := _account(change)) and account not in added}


def _account(change: Write) -> UUID | None:
    match change:
        case SaveUser(user):
            return user.id
        case AddSession(row) | AddLoginAttempt(row):
            return row.user_id
        case AddChallenge(row) if row.purpose is not Purpose.CONFIRM_REGISTRATION:
            return row.subject_id
        case (
            CountFailedAttempt(account)
            | RemoveUser(account)
            | AddFormerPassword(account)
            | EndSessions(account)
            | ConsumeChallenges(account)
        ):
            return account
    return None


QUIET = frozenset({"failed_attempts", "last_login_at", "password_hash"})
"""Members of a user that nobody is told from who remembers a session for a moment; each sign-in writes them."""


def ended_by(changes: Sequence[Write]) -> set[UUID]:
    """The sessions that changes end: their ids, or those of the users whose sessions all end."""
    ended = {change.session_id for change in changes if isinstance(change, EndSession)}
    return ended | {c.user_id for c in changes if isinstance(c, (EndSessions, RemoveUser))}


def outdated_by(changes: Sequence[Write]) -> set[UUID]:
    """Sessions and users of whom something remembered is no longer true."""
    changed = {c.old.id for c in changes if isinstance(c, SaveUser) and changed_members(c) - QUIET}
    return ended_by(changes) | changed
