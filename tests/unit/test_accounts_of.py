"""Whose accounts a commit is about."""

from datetime import UTC, datetime

import pytest

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.events import EventType, LoginAttempt, event
from doorward.domain.ids import new_id
from doorward.domain.session import Session
from doorward.domain.user import Profile, User
from doorward.ports import writes

NOW = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
ADA = User(id=new_id(NOW), profile=Profile(), password_hash="", created_at=NOW, password_changed_at=NOW)


def challenge(purpose):
    return writes.AddChallenge(
        Challenge(id=new_id(NOW), purpose=purpose, subject_id=ADA.id, created_at=NOW, expires_at=NOW)
    )


def attempt(user_id):
    row = LoginAttempt(id=new_id(NOW), user_id=user_id, email="", success=True, attempt_time=NOW, ip_address=None)
    return writes.AddLoginAttempt(row)


SESSION = Session(id=new_id(NOW), user_id=ADA.id, created_at=NOW, last_used_at=NOW, expires_at=NOW)
ABOUT_ADA = [
    writes.SaveUser(ADA, ADA),
    writes.CountFailedAttempt(ADA.id),
    writes.RemoveUser(ADA.id),
    writes.AddFormerPassword(ADA.id, "", NOW, keep=1),
    writes.AddSession(SESSION),
    writes.EndSessions(ADA.id, NOW),
    challenge(Purpose.VERIFY_EMAIL),
    writes.ConsumeChallenges(ADA.id, Purpose.VERIFY_EMAIL, NOW),
    attempt(ADA.id),
]
ABOUT_NOBODY = [
    writes.AddUser(ADA),
    challenge(Purpose.CONFIRM_REGISTRATION),
    attempt(None),
    writes.EndSession(SESSION.id, NOW),
    writes.Record(event(EventType.SIGN_UP_REFUSED, NOW, user_id=ADA.id)),
]


@pytest.mark.parametrize("change", ABOUT_ADA, ids=lambda change: type(change).__name__)
def test_what_belongs_to_an_account_concerns_it(change):
    """Such commits go one after the other."""
    assert writes.accounts_of([change]) == {ADA.id}


@pytest.mark.parametrize("change", ABOUT_NOBODY, ids=lambda change: type(change).__name__)
def test_others_wait_for_no_account(change):
    """A sign-up above all: whether it waits must not tell that there is an account."""
    assert writes.accounts_of([change]) == set()


def test_an_account_that_is_added_in_the_same_commit_is_known_to_nobody():
    """There is nobody to wait for."""
    assert writes.accounts_of([challenge(Purpose.VERIFY_EMAIL), writes.AddUser(ADA)]) == set()
