"""Close an account: one's own, or another's by an administrator."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from doorward.domain.actor import Actor, Current
from doorward.domain.challenge import BEGUN_BEFORE
from doorward.domain.errors import EmailNotVerified, NotFound, TokenInvalid
from doorward.domain.events import Client, EventType, event
from doorward.domain.messages import MessageKind
from doorward.domain.password import Password
from doorward.domain.policies.closing import ClosingPolicy
from doorward.domain.policies.verification import VerificationPolicy
from doorward.methods.notices import notice_to_owner, proven_address, way_back
from doorward.methods.password import PasswordMethod
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import (
    ConsumeChallenges,
    EndSessions,
    Record,
    RemoveUser,
    SaveUser,
    keeping_an_admin,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAccount:
    """Remove an account with all that belongs to it; its audit rows stay, its identifiers are free again."""

    store: Store
    passwords: PasswordMethod
    verification: VerificationPolicy
    policy: ClosingPolicy
    now: Clock

    async def __call__(self, current: Current, password: Password, client: Client) -> datetime | None:
        """Close one's own account: for good, or where there is a time of grace, unless it is restored in it.

        Returns:
            when it will be removed, or None if it is gone.

        Raises:
            EmailNotVerified: the address is not proven where it should be.
            WrongPassword: it is not the present password.
            LastAdmin: no administrator would be left.
        """
        if self.verification.is_on and not current.user.is_verified:
            raise EmailNotVerified
        async with self.passwords.proving_again(current.user, password, client):
            try:
                return await self._close(current.user.id, Actor(current.user, client))
            except NotFound:
                raise TokenInvalid from None  # it is gone already

    async def as_verified(self, user_id: UUID, actor: Actor) -> None:
        """Close one's own account, or anybody's as an administrator, without the password again.

        Raises:
            EmailNotVerified: the one who asks has not proven his address; told before anything else.
            NotFound: the account is another's, or there is none.
            LastAdmin: no administrator would be left.
        """
        if actor.user is not None and not actor.user.is_verified:
            raise EmailNotVerified
        actor.must_reach(user_id)
        await self._remove(user_id, actor, {} if actor.is_user(user_id) else actor.described())

    async def of(self, user_id: UUID, actor: Actor, reason: str | None) -> None:
        """Close somebody's account; NotFound if there is none, LastAdmin if no administrator would be left."""
        actor.must_be_admin()
        await self._remove(user_id, actor, actor.described(reason))

    async def _close(self, user_id: UUID, actor: Actor) -> datetime | None:
        user, now = await self.store.users.get(user_id), self.now()
        if self.policy.grace is None or proven_address(user) is None:
            await self._remove(user_id, actor, {})
            return None
        closing = user.closing(now + self.policy.grace)
        await self.store.commit(
            SaveUser(user, closing, guard=("role", "status", "email", "phone")),
            EndSessions(user.id, now),
            *(ConsumeChallenges(user.id, purpose, now) for purpose in BEGUN_BEFORE),
            Record(event(EventType.CLOSING, now, user_id=user.id, client=actor.client)),
            *way_back(closing, actor.client, now),
            *keeping_an_admin(user, closing, actor=actor, now=now),
        )
        return closing.closes_at

    async def _remove(self, user_id: UUID, actor: Actor, details: dict[str, object]) -> None:
        user = await self.store.users.get(user_id)
        now = self.now()
        deleted = event(EventType.DELETED, now, user_id=user.id, client=actor.client, details=details)
        keeping = keeping_an_admin(user, None, actor=actor, now=now)
        as_judged = SaveUser(user, user, guard=("role", "status"))
        told = notice_to_owner(MessageKind.ACCOUNT_DELETED, user, actor.client, now)
        await self.store.commit(as_judged, RemoveUser(user.id), Record(deleted), *told, *keeping)
