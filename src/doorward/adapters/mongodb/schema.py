"""The collections, their indexes, and the steps by which they came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from doorward.domain.identifiers import Kind

USERS = "users"
CREDENTIALS = "credentials"
REGISTRATIONS = "registrations"
CHALLENGES = "challenges"
SESSIONS = "sessions"
AUDIT_LOGS = "audit_logs"
LOGIN_ATTEMPTS = "login_attempts"
VERIFICATION_LOG = "verification_log"
SIGNING_KEYS = "signing_keys"
OUTBOX = "outbox"
COUNTERS = "counters"
VERSION = "schema_version"
EXPIRING = (REGISTRATIONS, CHALLENGES, SESSIONS)
SEQUENCED = (AUDIT_LOGS, LOGIN_ATTEMPTS, VERIFICATION_LOG, OUTBOX)
COLLECTIONS = (USERS, CREDENTIALS, SIGNING_KEYS, COUNTERS, *EXPIRING, *SEQUENCED)
CLEAN_AT = "clean_at"
SEARCH_KEYS = ("first_name_key", "last_name_key", "email_domain")
TEXT: Mapping[str, Any] = {"$gt": ""}
"""Is a text. An index over texts only, with this very condition, is found by a query for one of them."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index; its name begins with what it is for."""

    collection: str
    keys: tuple[tuple[str, int], ...]
    prefix: str = "ix"
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def name(self) -> str:
        return "_".join((self.prefix, self.collection, *(key for key, _ in self.keys)))


@dataclass(frozen=True, slots=True)
class Step:
    """One revision: the indexes that it adds."""

    revision: str
    doc: str
    indexes: Sequence[Index]
    fills_search_keys: bool = False


def _unique(collection: str, key: str, **options: object) -> Index:
    return Index(collection, ((key, 1),), "uq", (("unique", True), *options.items()))


def _plain(collection: str, *keys: str) -> Index:
    return Index(collection, tuple((key.lstrip("-"), -1 if key.startswith("-") else 1) for key in keys))


def _cleaner(collection: str) -> Index:
    return Index(collection, ((CLEAN_AT, 1),), "ttl", (("expireAfterSeconds", 0),))


STEPS = (
    Step(
        "0001",
        "First collections, and what must be unique.",
        (
            *(_unique(USERS, kind.value, partialFilterExpression={kind.value: TEXT}) for kind in Kind),
            *(_unique(collection, "sequence") for collection in SEQUENCED),
            Index(
                CREDENTIALS,
                (("method", 1), ("lookup_key", 1)),
                "uq",
                (("unique", True), ("partialFilterExpression", {"lookup_key": TEXT})),
            ),
        ),
    ),
    Step(
        "0002",
        "Indexes for reading in order.",
        (
            _plain(USERS, "created_at", "_id"),
            _plain(CREDENTIALS, "user_id", "method", "created_at"),
            _plain(REGISTRATIONS, "email"),
            _plain(CHALLENGES, "subject_id", "purpose", "created_at"),
            _plain(SESSIONS, "user_id", "created_at"),
            *(_plain(collection, "expires_at") for collection in (*EXPIRING, COUNTERS)),
            _plain(AUDIT_LOGS, "user_id", "sequence"),
            _plain(AUDIT_LOGS, "event_type", "sequence"),
            _plain(AUDIT_LOGS, "event_time"),
            _plain(LOGIN_ATTEMPTS, "user_id", "sequence"),
            _plain(VERIFICATION_LOG, "user_id", "sequence"),
            _plain(OUTBOX, "lane", "dead_at", "sequence"),
        ),
    ),
    Step("0003", "Cleaners of what has expired.", tuple(_cleaner(name) for name in (*EXPIRING, COUNTERS))),
    Step(
        "0004",
        "What accounts are searched by.",
        tuple(_plain(USERS, key) for key in SEARCH_KEYS),
        fills_search_keys=True,
    ),
    Step("0005", "When closed accounts are removed.", (_plain(USERS, "closes_at"),)),
)
RUNS_ON = ("0005",)
"""The revisions on which this release runs, newest first: a rolling upgrade may migrate before or after."""
