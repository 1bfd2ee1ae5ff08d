"""What published events carry."""

from doorward.domain.event_data import CARRIES, MEMBERS, data_of
from doorward.domain.events import EventType


def test_each_member_is_described():
    """An event names only members that have a schema, and no member is described for nobody."""
    assert {name for names in CARRIES.values() for name in names} == set(MEMBERS)


def test_only_published_events_are_described():
    """What stays in the audit log is nobody's contract."""
    assert [kind for kind in CARRIES if kind.wire_name is None] == []


def test_an_event_without_members_has_none():
    """Its name says all."""
    assert dict(data_of(EventType.SIGNED_IN)) == {}


def test_an_event_has_its_members_in_order():
    """The schema of each stands beside its name."""
    assert dict(data_of(EventType.TOKEN_REUSED)) == {"session": MEMBERS["session"]}
