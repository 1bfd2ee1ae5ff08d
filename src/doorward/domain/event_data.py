"""What `data` of a published event may hold; the schemas in `docs/` are written from this."""

from collections.abc import Mapping

from doorward.domain.events import EventType

MEMBERS: Mapping[str, Mapping[str, object]] = {
    "by": {
        "type": "string",
        "description": "Who did it: an administrator's id, `operator`, `reset` or `schedule`; or the user.",
    },
    "reason": {"type": "string", "description": "Why: a code, or an administrator's words."},
    "role": {"type": "string", "description": "The role that the account has now."},
    "verified": {"type": "boolean", "description": "Whether its address was vouched for."},
    "identifier": {"type": "string", "description": "Masked, with a keyed digest; only where there is no account."},
    "session": {"type": "string", "format": "uuid", "description": "The session that it is about."},
    "but": {"type": "string", "format": "uuid", "description": "All sessions of the user but this one."},
    "failures": {"type": "integer", "description": "How many failed sign-ins were too many."},
    "batch": {"type": "string", "format": "uuid", "description": "What it is a part of, if many were changed."},
    "members": {"type": "array", "items": {"type": "string"}, "description": "Names of what was changed."},
}

_DONE_BY = ("by", "reason")
_DONE_TO_MANY = (*_DONE_BY, "batch")
CARRIES: Mapping[EventType, tuple[str, ...]] = {
    EventType.USER_REGISTERED: ("by", "role", "verified"),
    EventType.EMAIL_VERIFIED: _DONE_TO_MANY,
    EventType.SIGN_IN_FAILED: ("reason", "identifier"),
    EventType.SIGNED_OUT: ("session",),
    EventType.SESSION_REVOKED: ("session", "but", *_DONE_TO_MANY),
    EventType.TOKEN_REUSED: ("session",),
    EventType.LOCKED: ("failures", *_DONE_TO_MANY),
    EventType.UNLOCKED: _DONE_TO_MANY,
    EventType.DISABLED: _DONE_TO_MANY,
    EventType.ENABLED: _DONE_TO_MANY,
    EventType.ROLE_CHANGED: ("role", *_DONE_BY),
    EventType.PASSWORD_CHANGED: ("by",),
    EventType.PASSWORD_RESET_REQUESTED: _DONE_BY,
    EventType.PROFILE_UPDATED: ("members", *_DONE_BY),
    EventType.DELETED: _DONE_BY,
}


def data_of(kind: EventType) -> Mapping[str, Mapping[str, object]]:
    """The members that `data` of such an event may have, each with its JSON Schema."""
    return {name: MEMBERS[name] for name in CARRIES.get(kind, ())}
