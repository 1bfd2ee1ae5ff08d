"""Letters that tell somebody what became of his account."""

from datetime import datetime
from uuid import UUID

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.events import Client
from doorward.domain.ids import new_id
from doorward.domain.messages import Message, MessageKind
from doorward.domain.user import User
from doorward.ports.writes import AddChallenge, ConsumeChallenges, Send, Write


def notice(
    kind: MessageKind, user: User, client: Client, now: datetime, *, to: str | None, challenge_id: UUID | None = None
) -> tuple[Write, ...]:
    """The change that tells him; nothing where there is no way to."""
    if to is None:
        return ()
    message = Message(
        id=new_id(now),
        kind=kind,
        to=to,
        subject_id=user.id,
        challenge_id=challenge_id,
        params={"first_name": user.profile.first_name},
        language=client.language,
    )
    return (Send(message, now),)


def notice_to_owner(kind: MessageKind, user: User, client: Client, now: datetime) -> tuple[Write, ...]:
    """The same, to proven addresses only: who signed up with a stranger's could fill his mailbox with such letters."""
    return notice(kind, user, client, now, to=proven_address(user))


def way_back(user: User, client: Client, now: datetime) -> tuple[Write, ...]:
    """A letter to the owner of an account that is being closed, with the link that keeps it; a former link is over."""
    challenge = Challenge(
        id=new_id(now),
        purpose=Purpose.RESTORE_ACCOUNT,
        subject_id=user.id,
        created_at=now,
        expires_at=user.closes_at or now,
    )
    told = notice(MessageKind.ACCOUNT_CLOSING, user, client, now, to=proven_address(user), challenge_id=challenge.id)
    return (ConsumeChallenges(user.id, Purpose.RESTORE_ACCOUNT, now), AddChallenge(challenge), *told)


def proven_address(user: User) -> str | None:
    """Where the owner is sure to be reached."""
    return (user.email or user.phone) if user.is_verified else None
