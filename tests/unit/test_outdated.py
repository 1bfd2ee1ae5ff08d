"""What others who remember a session for a moment must be told."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from doorward.domain.user import Profile, User
from doorward.ports.writes import CountFailedAttempt, EndSession, EndSessions, RemoveUser, SaveUser, outdated_by

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ADA = User(id=uuid4(), email="ada@example.org", password_hash="hash", created_at=NOW, password_changed_at=NOW)


def test_the_end_of_a_session_is_told():
    """By its own id, or by that of the user whose sessions all end."""
    session_id = uuid4()

    assert outdated_by([EndSession(session_id, NOW), EndSessions(ADA.id, NOW)]) == {session_id, ADA.id}
    assert outdated_by([RemoveUser(ADA.id)]) == {ADA.id}


def test_a_change_that_shows_is_told():
    """A name, a status."""
    renamed = replace(ADA, profile=Profile(first_name="Augusta"))

    assert outdated_by([SaveUser(ADA, renamed)]) == {ADA.id}
    assert outdated_by([SaveUser(ADA, ADA.locked(NOW))]) == {ADA.id}


def test_a_sign_in_is_not_told():
    """It would be told with each one, and nobody shows it."""
    quiet = SaveUser(ADA, ADA.signed_in(NOW), always=("failed_attempts",))

    assert outdated_by([quiet, CountFailedAttempt(ADA.id)]) == set()
