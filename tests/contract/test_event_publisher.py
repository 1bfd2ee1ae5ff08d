"""Publishers of events."""

import json
import logging

import pytest

from doorward.adapters.console import LogEventPublisher
from doorward.domain.events import EventType, wire_event

PUBLISHERS = {"log": LogEventPublisher}


@pytest.fixture(params=PUBLISHERS)
def publisher(request):
    return PUBLISHERS[request.param]()


@pytest.mark.parametrize("kind", [kind for kind in EventType if kind.wire_name])
async def test_every_event_can_be_published(publisher, make, kind):
    """Each event that has a wire name goes out, with a user or without."""
    for user_id in (make.id(), None):
        assert await publisher.publish(wire_event(make.event(kind, user_id=user_id, details={"reason": "ü"}))) is None


def test_a_published_event_is_json_and_its_id_stays(make):
    """What goes out is plain JSON in UTC; the same event has the same id each time."""
    happened = make.event()
    sent = json.loads(json.dumps(wire_event(happened)))

    assert sent == wire_event(happened)
    assert (sent["id"], sent["subject"]) == (str(happened.id), str(happened.user_id))
    assert sent["time"].endswith("Z")


async def test_a_logged_event_shows_type_id_and_subject_only(make, caplog):
    """The log line says what happened to whom; details stay in the audit log."""
    happened = make.event(details={"reason": "very private"})
    with caplog.at_level(logging.INFO, "doorward.events"):
        await LogEventPublisher().publish(wire_event(happened))
    (record,) = caplog.records

    assert (record.event, record.event_id, record.subject) == (
        "user.signed_in",
        str(happened.id),
        str(happened.user_id),
    )
    assert "very private" not in str(vars(record))
