"""Rows to records and back."""

from dataclasses import fields, replace
from typing import Any

from sqlalchemy import RowMapping

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.events import LoginAttempt, VerificationEntry
from doorward.domain.registration import Registration
from doorward.domain.search import search_keys
from doorward.domain.session import Session
from doorward.domain.signing import SigningKey
from doorward.domain.tally import Tally
from doorward.domain.user import Profile, Role, Status, User
from doorward.ports.store import AuditRow

Row = dict[str, Any]
PROFILE = tuple(f.name for f in fields(Profile))
SEARCH_KEYS = ("first_name_key", "last_name_key", "email_domain")


def columns_of(record: Any) -> Row:
    """A record's members by column; a profile's members, and what a user is found by, stand beside them."""
    row = {f.name: getattr(record, f.name) for f in fields(record)}
    profile = row.pop("profile", None)
    row |= {name: getattr(profile, name) for name in PROFILE} if profile else {}
    return row | (search_keys(record) if isinstance(record, User) else {})


def _with_profile(row: RowMapping) -> Row:
    plain = dict(row)
    return {
        **{k: v for k, v in plain.items() if k not in PROFILE},
        "profile": Profile(**{n: plain[n] for n in PROFILE}),
    }


def to_user(row: RowMapping) -> User:
    user = User(**_without(_with_profile(row), *SEARCH_KEYS))
    return replace(user, status=Status(user.status), role=Role(user.role))


def to_registration(row: RowMapping) -> Registration:
    return Registration(**_with_profile(row))


def to_challenge(row: RowMapping) -> Challenge:
    challenge = Challenge(**row)
    return replace(challenge, purpose=Purpose(challenge.purpose))


def to_session(row: RowMapping) -> Session:
    return Session(**row)


def to_signing_key(row: RowMapping) -> SigningKey:
    return SigningKey(**row)


def to_audit_row(row: RowMapping) -> AuditRow:
    return AuditRow(**_without(row, "sequence"))


def to_login_attempt(row: RowMapping) -> LoginAttempt:
    return LoginAttempt(**_without(row, "sequence"))


def to_verification_entry(row: RowMapping) -> VerificationEntry:
    return VerificationEntry(**_without(row, "sequence"))


def to_tally(row: RowMapping) -> Tally:
    return Tally(**_without(row, "key"))


def _without(row: RowMapping | Row, *names: str) -> Row:
    return {key: value for key, value in row.items() if key not in names}
