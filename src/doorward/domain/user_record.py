"""A user as a flat record of texts, as files of users hold it; what is written reads back as the same user."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from doorward.domain.errors import InvalidInput, Violation
from doorward.domain.identifiers import parse_email, parse_phone, parse_username
from doorward.domain.ids import new_id
from doorward.domain.password import UNUSABLE, Password
from doorward.domain.registration import check_profile
from doorward.domain.user import Profile, Role, Status, User

IDENTIFIERS = ("email", "phone", "username")
COLUMNS = (
    "id",
    *IDENTIFIERS,
    "first_name",
    "last_name",
    "password_hash",
    "status",
    "role",
    "failed_attempts",
    "created_at",
    "last_login_at",
    "verified_at",
    "password_changed_at",
    "locked_until",
    "closes_at",
    "date_of_birth",
    "date_of_joining",
    "address",
    "comments",
)
PASSWORD = "password"
MAX_HASH = 255
MAX_FAILURES = 1_000_000
_LATEST = datetime.max.replace(tzinfo=UTC) - timedelta(days=36500)
_PROFILE = frozenset(f.name for f in fields(Profile))
_TEXTS = frozenset(("first_name", "last_name", "address", "comments"))
_NAMES = frozenset(IDENTIFIERS)
_WHO = frozenset((*IDENTIFIERS, *_PROFILE, "role", "created_at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record of a file by column; `flaw` says why it could not be read at all."""

    number: int
    record: Mapping[str, object] = field(default_factory=dict, repr=False)
    flaw: Violation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one record says: the user, a password to be hashed, and the names of the members that were stated."""

    user: User
    password: Password | None = field(default=None, repr=False)
    stated: frozenset[str]

    def is_of(self, account: User) -> bool:
        """Whether an account came from this record; a stated id decides, else all that says who it is must agree.

        What changes by use (password, status, verification, last sign-in) says nothing about who it is.
        """
        if "id" in self.stated:
            return self.user.id == account.id
        return all(_member(self.user, name) == _member(account, name) for name in self.stated & _WHO)


def read_entry(record: Mapping[str, object], now: datetime, *, vouched: bool = False) -> Entry:
    """Read a record; what it does not say is as for somebody who has just been added and has no password yet.

    Raises:
        InvalidInput: every rule that its members break.
    """
    broken: list[Violation] = []
    values: dict[str, object] = {}
    stated = [name for name, value in record.items() if value is not None and (value != "" or name in _TEXTS)]
    for name in stated:
        value = record[name]
        try:
            values[name] = _READERS[name](value if isinstance(value, str) else _text(name, value))
        except InvalidInput as refused:
            broken += refused.violations
        except (ValueError, OverflowError):
            broken.append(Violation(f"/{name}", _CODES[name]))
    broken += _missing(values, broken)
    typed = values.pop(PASSWORD, None)
    profile = Profile(**{name: values.pop(name) for name in _PROFILE & values.keys()})  # type: ignore[arg-type] # read
    broken += check_profile(profile)
    if broken:
        raise InvalidInput(*broken)
    plain = {"password_hash": UNUSABLE, "created_at": now, "password_changed_at": now, "profile": profile}
    own_id = values.pop("id", None) or new_id(now)
    user = User(id=own_id, **plain | values)  # type: ignore[arg-type] # each reader gives its member's type
    return Entry(
        user=user.verified(now) if vouched else user,
        password=Password.typed(str(typed)) if typed else None,
        stated=frozenset(stated),
    )


def write_record(user: User) -> dict[str, str | int | None]:
    """The record of a user, by column."""
    return {name: _written(_member(user, name)) for name in COLUMNS}


def values_of(record: Mapping[str, str | int | None], columns: Sequence[str]) -> list[str | int | None]:
    """The cells of a record; a name is never nothing, so an empty one needs no mark that tells it from nothing."""
    return [None if record[n] == "" and n in ("first_name", "last_name") else record[n] for n in columns]


def _missing(values: Mapping[str, object], broken: list[Violation]) -> list[Violation]:
    missing = []
    if not values.keys() & _NAMES and not {v.pointer for v in broken} & {f"/{name}" for name in IDENTIFIERS}:
        missing.append(Violation("/email", "required"))
    if PASSWORD in values and "password_hash" in values:
        missing.append(Violation("/password", "beside_hash"))
    return missing


def _text(name: str, value: object) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInput(Violation(f"/{name}", "wrong_type"))
    return str(value)


def _member(user: User, name: str) -> object:
    value: object = getattr(user.profile if name in _PROFILE else user, name)
    return value


def _written(value: object) -> str | int | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value if value is None or isinstance(value, int) else str(value)


def _moment(text: str) -> datetime:
    """Read a moment, in UTC unless it says otherwise; what is reckoned from it must stay within the calendar."""
    moment = datetime.fromisoformat(text)
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if utc > _LATEST:
        raise OverflowError
    return utc


def _failures(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= MAX_FAILURES):
        raise ValueError
    return int(text)


def _id(text: str) -> UUID:
    """Read an id; the one of all zeros stands for nobody."""
    found = UUID(text)
    if not found.int:
        raise ValueError
    return found


def _hash(text: str) -> str:
    if len(text) > MAX_HASH:
        raise InvalidInput(Violation("/password_hash", "too_long", {"max": MAX_HASH}))
    return text


_MOMENTS = ("created_at", "last_login_at", "verified_at", "password_changed_at", "locked_until", "closes_at")
_DATES = ("date_of_birth", "date_of_joining")
_READERS: dict[str, Callable[[str], object]] = {
    "email": lambda text: parse_email(text).value,
    "phone": lambda text: parse_phone(text).value,
    "username": lambda text: parse_username(text).value,
    PASSWORD: str,
    "password_hash": _hash,
    **dict.fromkeys(_TEXTS, str),
    "id": _id,
    "status": lambda text: Status(text.upper()),
    "role": lambda text: Role(text.lower()),
    "failed_attempts": _failures,
    **dict.fromkeys(_DATES, date.fromisoformat),
    **dict.fromkeys(_MOMENTS, _moment),
}
_CODES = {
    "id": "invalid_id",
    "status": "unknown_status",
    "role": "unknown_role",
    "failed_attempts": "invalid_number",
    **dict.fromkeys(_DATES, "invalid_date"),
    **dict.fromkeys(_MOMENTS, "invalid_moment"),
}
"""What is said of a text that such a member cannot be read from."""
