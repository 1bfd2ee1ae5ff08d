"""Facts, past tense, without secrets. One line here makes an event for the audit log and for the outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID

from doorward.domain.ids import new_id
from doorward.domain.messages import USUAL_LANGUAGE


class EventType(Enum):
    """Wire name (None: never published) and name in the audit log."""

    USER_REGISTERED = ("user.registered", "SIGNUP")
    IMPORTED = (None, "USER_IMPORTED")
    SIGN_UP_PENDING = (None, "SIGNUP_PENDING")
    SIGN_UP_REFUSED = (None, "SIGNUP_REFUSED")
    VERIFICATION_REQUESTED = (None, "VERIFICATION_REQUESTED")
    VERIFICATION_SENT = (None, "VERIFICATION_SENT")
    VERIFICATION_FAILED = (None, "VERIFICATION_FAILED")
    EMAIL_VERIFIED = ("user.activated", "EMAIL_VERIFIED")
    SIGNED_IN = ("user.signed_in", "LOGIN_SUCCESS")
    SIGN_IN_FAILED = ("user.sign_in_failed", "LOGIN_FAILURE")
    SIGN_IN_LINK_MADE = (None, "SIGN_IN_LINK_MADE")
    SIGNED_OUT = ("user.signed_out", "LOGOUT")
    SESSION_REVOKED = ("user.session_revoked", "SESSION_REVOKED")
    TOKEN_REUSED = ("user.token_reused", "REFRESH_TOKEN_REUSED")
    LOCKED = ("user.locked", "ACCOUNT_LOCKED")
    UNLOCKED = ("user.unlocked", "ACCOUNT_UNLOCKED")
    DISABLED = ("user.disabled", "ACCOUNT_DISABLED")
    ENABLED = ("user.enabled", "ACCOUNT_ENABLED")
    ROLE_CHANGED = ("user.role_changed", "ROLE_CHANGED")
    USERS_CHANGED = (None, "USERS_CHANGED")
    IDENTIFIER_CHANGE_REQUESTED = (None, "IDENTIFIER_CHANGE_REQUESTED")
    EMAIL_CHANGED = ("user.email_changed", "EMAIL_CHANGED")
    PHONE_CHANGED = ("user.phone_changed", "PHONE_CHANGED")
    PASSWORD_CHANGED = ("user.password_changed", "PASSWORD_CHANGED")
    PASSWORD_CHANGE_FAILED = (None, "PASSWORD_CHANGE_FAILED")
    PASSWORD_NOT_CONFIRMED = (None, "PASSWORD_NOT_CONFIRMED")
    PASSWORD_EXPIRED = ("user.password_expired", "PASSWORD_EXPIRED")
    PASSWORD_RESET_REQUESTED = ("user.password_reset_requested", "PASSWORD_RESET_REQUESTED")
    PASSWORD_RESET = ("user.password_reset", "PASSWORD_RESET")
    PASSWORD_RESET_FAILED = (None, "PASSWORD_RESET_FAILED")
    PROFILE_UPDATED = ("user.profile_updated", "PROFILE_UPDATED")
    DATA_EXPORTED = (None, "DATA_EXPORTED")
    DELIVERY_RETRIED = (None, "DELIVERY_RETRIED")
    TEST_MAIL_SENT = (None, "TEST_MAIL_SENT")
    LOOKED_AT = (None, "ACCOUNT_LOOKED_AT")
    CLOSING = ("user.closing", "ACCOUNT_CLOSING")
    RESTORED = ("user.restored", "ACCOUNT_RESTORED")
    DELETED = ("user.deleted", "USER_DELETED")
    KEYS_ROTATED = (None, "SIGNING_KEY_ADDED")
    KEY_REVOKED = (None, "SIGNING_KEY_REVOKED")

    @property
    def wire_name(self) -> str | None:
        name: str | None = self.value[0]
        return name

    @property
    def is_verification(self) -> bool:
        """Whether it belongs to the log that shows how an address was proven."""
        return self in (EventType.VERIFICATION_SENT, EventType.VERIFICATION_FAILED, EventType.EMAIL_VERIFIED)

    @property
    def audit_name(self) -> str:
        name: str = self.value[1]
        return name


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request came from, as far as it is known, and the language of whoever sent it."""

    ip_address: str | None = None
    device: str | None = None
    network: str = "unknown"
    language: str = USUAL_LANGUAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened; `details` are JSON values and never hold a secret."""

    type: EventType
    id: UUID
    at: datetime
    user_id: UUID | None
    client: Client = Client()
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginAttempt:
    """One try to sign in. Of unknown identifiers only a masked form and a keyed digest are kept."""

    id: UUID
    user_id: UUID | None
    email: str
    success: bool
    attempt_time: datetime
    ip_address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationEntry:
    """One step of proving an address: VERIFICATION_SENT, VERIFICATION_FAILED or EMAIL_VERIFIED."""

    id: UUID
    user_id: UUID
    event: str
    at: datetime


def event(
    kind: EventType,
    now: datetime,
    *,
    user_id: UUID | None,
    client: Client = Client(),
    details: Mapping[str, object] | None = None,
) -> Event:
    """A new event with an id of its own."""
    return Event(type=kind, id=new_id(now), at=now, user_id=user_id, client=client, details=details or {})


def wire_event(event: Event) -> dict[str, object]:
    """The event as others see it; `id` stays the same however often it is delivered."""
    return {
        "id": str(event.id),
        "type": event.type.wire_name,
        "time": event.at.isoformat().replace("+00:00", "Z"),
        "subject": str(event.user_id) if event.user_id else None,
        "data": dict(event.details),
    }
