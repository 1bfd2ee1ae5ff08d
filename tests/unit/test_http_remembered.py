"""What is remembered of access tokens, and for how long."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from doorward.domain.actor import Current
from doorward.domain.session import Session
from doorward.domain.user import User
from doorward.http import remembered as remembering
from doorward.http.remembered import Checked, RememberedSessions

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def checked():
    user = User(id=uuid4(), email="ada@example.org", password_hash="hash", created_at=NOW, password_changed_at=NOW)
    session = Session(id=uuid4(), user_id=user.id, created_at=NOW, last_used_at=NOW, expires_at=NOW + timedelta(days=1))
    now = time.monotonic()
    return Checked(current=Current(user, session), read_at=now, good_until=now + 60, body=b"{}", headers=())


def test_a_good_token_is_remembered(checked):
    """By its digest: the token itself is kept nowhere."""
    remembered = RememberedSessions(60)
    remembered.keep("token", checked)

    assert remembered.find("token") is checked
    assert remembered.find("another") is None
    assert "token" not in str(vars(remembered))


def test_nothing_is_remembered_where_nobody_may_be_late(checked):
    """`DOORWARD_SESSION__MAX_STALENESS=0`."""
    remembered = RememberedSessions(0)
    remembered.keep("token", checked)

    assert remembered.find("token") is None


def test_what_is_too_old_does_not_count(checked):
    """Whatever was lost on the way."""
    remembered = RememberedSessions(60)
    remembered.keep("token", replace(checked, good_until=time.monotonic()))

    assert remembered.find("token") is None


@pytest.mark.parametrize("of", ["session", "user"])
def test_what_has_changed_is_forgotten(checked, of):
    """Of one session, or of all of a user."""
    remembered = RememberedSessions(60)
    remembered.keep("token", checked)
    remembered.forget([uuid4()])
    assert remembered.find("token") is checked

    remembered.forget([getattr(checked.current, of).id])

    assert remembered.find("token") is None


def test_who_read_before_the_change_cannot_bring_it_back(checked):
    """The read was on its way when the session ended."""
    remembered = RememberedSessions(60)
    remembered.forget([checked.current.session.id])

    remembered.keep("token", checked)
    assert remembered.find("token") is None

    later = replace(checked, read_at=time.monotonic() + 1)
    remembered.keep("token", later)
    assert remembered.find("token") is later


def test_memory_is_bounded(checked, monkeypatch):
    """The oldest go first; old changes are forgotten too."""
    monkeypatch.setattr(remembering, "MOST", 3)
    monkeypatch.setattr(remembering, "READING", -1)
    remembered = RememberedSessions(0.001)
    for n in range(5):
        remembered.keep(f"token {n}", checked)
    for _ in range(5):
        remembered.forget([uuid4()])

    assert [remembered.find(f"token {n}") is checked for n in range(5)] == [False, False, True, True, True]
    assert len(remembered._outdated) <= 5
