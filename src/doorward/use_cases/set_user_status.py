"""Lock, unlock, disable, enable, verify or sign out an account, as an operator."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.events import EventType, event
from doorward.domain.user import Status, User
from doorward.guard import TryGuard
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import EndSessions, Record, SaveUser, Write, keeping_an_admin


class StatusAction(Enum):
    """What an operator does: name, event, and whether the account's sessions end."""

    LOCK = ("lock", EventType.LOCKED, False)
    UNLOCK = ("unlock", EventType.UNLOCKED, False)
    DISABLE = ("disable", EventType.DISABLED, True)
    ENABLE = ("enable", EventType.ENABLED, False)
    VERIFY = ("verify", EventType.EMAIL_VERIFIED, False)
    SIGN_OUT = ("sign-out", EventType.SESSION_REVOKED, True)

    @property
    def event(self) -> EventType:
        kind: EventType = self.value[1]
        return kind

    @property
    def ends_sessions(self) -> bool:
        return bool(self.value[2])

    @classmethod
    def named(cls, name: str) -> "StatusAction":
        return next(action for action in cls if action.value[0] == name)


def _changed(user: User, action: StatusAction, now: datetime) -> User:
    match action:
        case StatusAction.LOCK:
            return user.locked(until=None)
        case StatusAction.UNLOCK:
            return user.unlocked()
        case StatusAction.DISABLE:
            return replace(user, status=Status.DISABLED)
        case StatusAction.ENABLE:
            return replace(user.unlocked(), status=Status.ACTIVE)
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

    async def __call__(self, user_id: UUID, action: StatusAction, actor: Actor, reason: str | None = None) -> User:
        """Do it; doing it twice changes nothing the second time.

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
        details = actor.described(reason)
        done = event(action.event, now, user_id=user.id, client=actor.client, details=details)
        ending: list[Write] = [EndSessions(user.id, now)] if action.ends_sessions else []
        keeping = keeping_an_admin(user, changed, actor=actor, now=now)
        await self.store.commit(SaveUser(user, changed, guard=("role", "status")), *ending, Record(done), *keeping)
        return changed
