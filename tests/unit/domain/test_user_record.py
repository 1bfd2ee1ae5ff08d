"""A user's record: read strictly, written so that it reads back the same."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.errors import InvalidInput
from doorward.domain.password import UNUSABLE
from doorward.domain.user import Profile, Role, Status, User
from doorward.domain.user_record import COLUMNS, PASSWORD, read_entry, values_of, write_record

NOW = datetime(2031, 5, 4, 12, 0, 0, 123456, tzinfo=UTC)
EMAIL = {"email": "ada@example.com"}
FULL = User(
    id=UUID(int=7),
    email="ada@example.com",
    phone="+4915112345678",
    username="ada",
    profile=Profile(
        first_name="=Zoë",
        last_name='\'t Hooft, "née"',
        date_of_birth=date(1815, 12, 10),
        date_of_joining=date(2026, 2, 28),
        address="",
        comments="𝄞 \\ ; |",
    ),
    password_hash="$2b$12$whatever",
    status=Status.LOCKED,
    role=Role.ADMIN,
    failed_attempts=7,
    created_at=NOW,
    last_login_at=NOW + timedelta(seconds=1),
    verified_at=NOW.replace(microsecond=0),
    password_changed_at=NOW - timedelta(days=30),
    locked_until=NOW + timedelta(days=1),
)
PLAIN = User(id=UUID(int=8), username="ada", password_hash=UNUSABLE, created_at=NOW, password_changed_at=NOW)


def refused(record):
    """Pointers and codes of all rules that a record breaks."""
    with pytest.raises(InvalidInput) as raised:
        read_entry(record, NOW)
    return [(violation.pointer, violation.code) for violation in raised.value.violations]


@pytest.mark.parametrize("user", [FULL, PLAIN])
def test_a_written_user_reads_back_the_same(user):
    """Every member survives: microseconds, accents, empty text and nothing."""
    assert read_entry(write_record(user), NOW + timedelta(days=9)).user == user


@given(st.timedeltas(timedelta(days=-40_000), timedelta(days=40_000)), st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_the_same_moment_in_every_zone(distance, offset):
    """Offsets are turned into UTC, and microseconds survive."""
    moment = (NOW + distance).astimezone(timezone(timedelta(minutes=offset)))

    assert read_entry({"username": "ada", "created_at": moment.isoformat()}, NOW).user.created_at == moment


def test_every_member_of_a_user_has_a_column():
    """A member that is added to users has to be thought of here."""
    members = {f.name for f in (*fields(User), *fields(Profile))} - {"profile"}

    assert members == set(COLUMNS)
    assert set(write_record(FULL)) == set(COLUMNS)


def test_what_is_not_said_is_as_for_somebody_new():
    """An address is enough: active, unverified, an ordinary user without a password."""
    entry = read_entry(EMAIL, NOW)

    assert entry.user == replace(
        PLAIN, id=entry.user.id, email="ada@example.com", username=None, created_at=NOW, password_changed_at=NOW
    )
    assert entry.password is None
    assert entry.stated == {"email"}


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_value_says_nothing(nothing):
    """Empty and absent are one and the same, but for the texts of a profile."""
    entry = read_entry(EMAIL | {"id": nothing, "phone": nothing, "status": nothing, PASSWORD: nothing}, NOW)

    assert entry.stated == {"email"}
    assert entry.password is None


def test_an_empty_text_is_not_nothing():
    """An address of the profile may be told as empty."""
    assert read_entry(EMAIL | {"address": ""}, NOW).user.profile.address == ""
    assert read_entry(EMAIL | {"address": None}, NOW).user.profile.address is None


def test_identifiers_become_canonical():
    """Different spellings of one name are one name."""
    user = read_entry({"email": " ADA@Example.com ", "phone": "0049 (151) 12345678", "username": "Ada"}, NOW).user

    assert (user.email, user.phone, user.username) == ("ada@example.com", "+4915112345678", "ada")


def test_spellings_that_others_use_are_understood():
    """Status and role in any case, numbers as JSON has them, moments as databases print them."""
    record = EMAIL | {"status": "locked", "role": "ADMIN", "failed_attempts": 3, "created_at": "2024-01-02 03:04:05"}
    user = read_entry(record, NOW).user

    assert (user.status, user.role, user.failed_attempts) == (Status.LOCKED, Role.ADMIN, 3)
    assert user.created_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(("vouched", "said", "expected"), [
    (False, None, None),
    (True, None, NOW),
    (True, "2024-01-02T00:00:00Z", datetime(2024, 1, 2, tzinfo=UTC)),
])  # fmt: skip
def test_who_vouches_verifies_those_who_are_not(vouched, said, expected):
    """An address that was proven elsewhere keeps its moment."""
    assert read_entry(EMAIL | {"verified_at": said}, NOW, vouched=vouched).user.verified_at == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"email": "nonsense"}, ("/email", "invalid_email")),
        ({"phone": "12"}, ("/phone", "invalid_phone")),
        ({"username": "?"}, ("/username", "invalid_username")),
        ({"id": "17"}, ("/id", "invalid_id")),
        ({"id": "00000000-0000-0000-0000-000000000000"}, ("/id", "invalid_id")),
        ({"status": "gone"}, ("/status", "unknown_status")),
        ({"role": "root"}, ("/role", "unknown_role")),
        ({"failed_attempts": "-1"}, ("/failed_attempts", "invalid_number")),
        ({"failed_attempts": "1000001"}, ("/failed_attempts", "invalid_number")),
        ({"failed_attempts": "٣"}, ("/failed_attempts", "invalid_number")),
        ({"created_at": "yesterday"}, ("/created_at", "invalid_moment")),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, ("/created_at", "invalid_moment")),
        ({"password_changed_at": "9999-12-31T23:59:59Z"}, ("/password_changed_at", "invalid_moment")),
        ({"date_of_birth": "10.12.1815"}, ("/date_of_birth", "invalid_date")),
        ({"password_hash": "x" * 256}, ("/password_hash", "too_long")),
        ({"password": "x", "password_hash": "y"}, ("/password", "beside_hash")),
        ({"password": 17.5}, ("/password", "wrong_type")),
        ({"password": ["x"]}, ("/password", "wrong_type")),
        ({"first_name": True}, ("/first_name", "wrong_type")),
        ({"address": "a\nb"}, ("/address", "control_character")),
        ({"first_name": "x" * 101}, ("/first_name", "too_long")),
    ],
)
def test_a_member_that_breaks_a_rule_is_named(members, expected):
    """The member and the rule, and nothing of the value."""
    assert refused(EMAIL | members) == [expected]


def test_all_broken_rules_are_named_at_once():
    """Nobody has to mend a line three times."""
    broken = refused({"phone": "x", "role": "x", "comments": "\x00"})

    assert broken == [("/phone", "invalid_phone"), ("/role", "unknown_role"), ("/comments", "control_character")]


@pytest.mark.parametrize("record", [{}, {"first_name": "Ada"}, {"email": "", "phone": None}])
def test_somebody_needs_a_name_to_sign_in_with(record):
    """Without e-mail, phone and user name nobody could be found."""
    assert refused(record) == [("/email", "required")]


@pytest.mark.parametrize("password", ["12345678", 12345678])
def test_a_number_can_be_a_password(password):
    """Whoever chose 12345678 may find it written as a number."""
    assert read_entry(EMAIL | {PASSWORD: password}, NOW).password.text == "12345678"


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({}, True),
        ({"password_hash": "other", "last_login_at": NOW, "status": Status.LOCKED, "verified_at": NOW}, True),
        ({"role": Role.ADMIN}, False),
        ({"created_at": NOW - timedelta(days=1)}, False),
        ({"profile": Profile(first_name="Grace")}, False),
        ({"username": "other"}, True),
    ],
)
def test_an_account_is_recognised_by_what_the_line_says_about_it(changes, is_same):
    """Use changes an account without making it another; who it is must agree, as far as the line says it."""
    entry = read_entry(EMAIL | {"first_name": "Ada", "role": "user", "created_at": NOW.isoformat()}, NOW)
    account = replace(entry.user, **{"id": UUID(int=9)} | changes)

    assert entry.is_of(account) is is_same


def test_a_stated_id_decides_alone():
    """Whoever has the id is the same account, whatever else has changed."""
    entry = read_entry(write_record(FULL), NOW)

    assert entry.is_of(replace(FULL, email="new@example.com", profile=Profile()))
    assert not entry.is_of(replace(FULL, id=UUID(int=1)))


def test_a_record_does_not_show_its_secrets():
    """Neither password nor hash stands in what a log or a traceback would print."""
    entry = read_entry(EMAIL | {PASSWORD: "planted-secret"}, NOW)
    hashed = read_entry(EMAIL | {"password_hash": "planted-hash"}, NOW)

    assert "planted" not in repr(entry) + repr(hashed)


def test_the_cells_of_a_record_follow_its_columns():
    """An empty name is an empty cell; an empty address is not the same as none."""
    assert values_of(write_record(PLAIN), ("username", "first_name", "address")) == ["ada", None, None]
    assert values_of(write_record(FULL), ("failed_attempts", "address")) == [7, ""]
