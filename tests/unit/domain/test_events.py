"""Events: facts without secrets, told to the audit log and to the outside."""

import json
from datetime import UTC, datetime

import pytest

from doorward.domain.events import EventType, event, wire_event
from doorward.domain.ids import new_id

NOW = datetime(2031, 5, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", EventType)
def test_each_event_has_a_name_in_the_audit_log(kind):
    """Audit names are capitals with underscores."""
    name = kind.audit_name

    assert name.replace("_", "").isupper()


def test_no_two_events_share_a_name():
    """Neither audit log nor listeners could tell them apart."""
    names = [name for kind in EventType for name in kind.value if name]

    assert len(names) == len(set(names))


def test_the_wire_form_is_json_with_five_members():
    """Listeners get id, type, time, subject and data."""
    ada = new_id(NOW)
    made = event(EventType.LOCKED, NOW, user_id=ada, details={"failures": 4})

    assert json.loads(json.dumps(wire_event(made))) == {
        "id": str(made.id),
        "type": "user.locked",
        "time": "2031-05-04T12:00:00Z",
        "subject": str(ada),
        "data": {"failures": 4},
    }


def test_an_event_about_nobody_has_no_subject():
    """A failed sign-in with an unknown identifier concerns no account."""
    made = event(EventType.SIGN_IN_FAILED, NOW, user_id=None)

    assert wire_event(made)["subject"] is None
