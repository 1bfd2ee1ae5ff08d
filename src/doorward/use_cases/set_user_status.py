"""Lock, unlock, disable, enable, verify or sign out an account, as an operator."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.challenge import Purpose
from doorward.domain.events import event
from doorward.domain.status_action import StatusAction
from doorward.domain.user import Status, User
from doorward.guard import TryGuard
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import ConsumeChallenges, EndSessions, Record, SaveUser, Write, keeping_an_admin


def _changed(user: User, action: StatusAction, now: datetime) -> User:
    match action:
        case StatusAction.LOCK:
            return user.locked(until=None)
        case StatusAction.UNLOCK:
            return user.unlocked()
        case StatusAction.DISABLE:
            return replace(user, status=Status.DISABLED, closes_at=None)
        case StatusAction.ENABLE:
            return user.restored()
        case StatusAction.VERIFY:
            return user.verified(now)
        case _:  # signing out leaves the account as it is
            return user


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUserStatus:
    """Change what an account may do; every change is audited with who and why."""

    store: Store
    guard: TryGuard
    now: Clock

    async def __call__(
        self,
        user_id: UUID,
        action: StatusAction,
        actor: Actor,
        reason: str | None = None,
        *,
        batch: UUID | None = None,
    ) -> User:
        """Do it; doing it twice changes nothing the second time.

        Args:
            user_id: whose account it is.
            action: what is done.
            actor: who does it.
            reason: why; it stands in the audit log.
            batch: what this is a part of, if many accounts are changed.

        Raises:
            Forbidden: the caller is no administrator.
            NotFound: there is no such account.
            LastAdmin: no administrator would be left.
        """
        actor.must_be_admin()
        user = await self.store.users.get(user_id)
        now = self.now()
        changed = _changed(user, action, now)
        if action in (StatusAction.UNLOCK, StatusAction.ENABLE):
            await self.guard.forget(user, actor.client)
        if changed == user and not action.ends_sessions:
            return user
        details = actor.described(reason) | ({"batch": str(batch)} if batch else {})
        done = event(action.event, now, user_id=user.id, client=actor.client, details=details)
        ending: list[Write] = [EndSessions(user.id, now)] if action.ends_sessions else []
        if user.closes_at != changed.closes_at:  # whoever has the link of this closing had his time
            ending.append(ConsumeChallenges(user.id, Purpose.RESTORE_ACCOUNT, now))
        keeping = keeping_an_admin(user, changed, actor=actor, now=now)
        await self.store.commit(SaveUser(user, changed, guard=("role", "status")), *ending, Record(done), *keeping)
        return changed
