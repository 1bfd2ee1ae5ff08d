"""What an operator does to an account without changing what it says."""

from enum import Enum

from doorward.domain.events import EventType


class StatusAction(Enum):
    """Name, event, and whether the account's sessions end."""

    LOCK = ("lock", EventType.LOCKED, False)
    UNLOCK = ("unlock", EventType.UNLOCKED, False)
    DISABLE = ("disable", EventType.DISABLED, True)
    ENABLE = ("enable", EventType.ENABLED, False)
    VERIFY = ("verify", EventType.EMAIL_VERIFIED, False)
    SIGN_OUT = ("sign-out", EventType.SESSION_REVOKED, True)

    @property
    def wire_name(self) -> str:
        """What paths and commands call it."""
        name: str = self.value[0]
        return name

    @property
    def event(self) -> EventType:
        kind: EventType = self.value[1]
        return kind

    @property
    def ends_sessions(self) -> bool:
        return bool(self.value[2])

    @property
    def opposite(self) -> "StatusAction | None":
        """What undoes it, if anything does."""
        return _OPPOSITES.get(self)

    @classmethod
    def named(cls, name: str) -> "StatusAction":
        return next(action for action in cls if action.wire_name == name)


_OPPOSITES = {
    StatusAction.LOCK: StatusAction.UNLOCK,
    StatusAction.UNLOCK: StatusAction.LOCK,
    StatusAction.DISABLE: StatusAction.ENABLE,
    StatusAction.ENABLE: StatusAction.DISABLE,
}
