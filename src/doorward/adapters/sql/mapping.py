"""Rows to records and back."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, replace
from functools import cache
from operator import attrgetter
from typing import Any, cast

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.events import LoginAttempt, VerificationEntry
from doorward.domain.registration import Registration
from doorward.domain.search import search_keys
from doorward.domain.session import Session
from doorward.domain.signing import SigningKey
from doorward.domain.tally import Tally
from doorward.domain.user import Profile, Role, Status, User
from doorward.ports.store import AuditRow

Row = Mapping[Any, Any]
FORMER_PASSWORD = "former_password"
PROFILE = tuple(f.name for f in fields(Profile))
SEARCH_KEYS = ("first_name_key", "last_name_key", "email_domain")


def columns_of(record: Any) -> dict[str, Any]:
    """A record's members by column; a profile's members, and what a user is found by, stand beside them."""
    names, values = _members(cast("Hashable", type(record)))
    row = dict(zip(names, values(record), strict=True))
    if profile := row.pop("profile", None):
        row |= columns_of(profile)
    if isinstance(record, User):
        row |= search_keys(record)
    return row


@cache
def _members(kind: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The names of a record's members, and what reads them all."""
    names = tuple(field.name for field in fields(kind))
    return names, attrgetter(*names)


def _with_profile(row: Row) -> dict[str, Any]:
    plain = dict(row)
    return {
        **{k: v for k, v in plain.items() if k not in PROFILE},
        "profile": Profile(**{n: plain[n] for n in PROFILE}),
    }


def to_user(row: Row) -> User:
    user = User(**_without(_with_profile(row), *SEARCH_KEYS))
    return replace(user, status=Status(user.status), role=Role(user.role))


def to_registration(row: Row) -> Registration:
    return Registration(**_with_profile(row))


def to_challenge(row: Row) -> Challenge:
    challenge = Challenge(**row)
    return replace(challenge, purpose=Purpose(challenge.purpose))


def to_session(row: Row) -> Session:
    return Session(**row)


def to_signing_key(row: Row) -> SigningKey:
    return SigningKey(**row)


def to_audit_row(row: Row) -> AuditRow:
    return AuditRow(**_without(row, "sequence"))


def to_login_attempt(row: Row) -> LoginAttempt:
    return LoginAttempt(**_without(row, "sequence"))


def to_verification_entry(row: Row) -> VerificationEntry:
    return VerificationEntry(**_without(row, "sequence"))


def to_tally(row: Row) -> Tally:
    return Tally(**_without(row, "key"))


def _without(row: Row, *names: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in names}
