"""Publishers of events."""

import asyncio
import json
import logging
from pathlib import Path

import jsonschema_rs
import pytest

from doorward.adapters.console import LogEventPublisher
from doorward.adapters.rabbitmq import RabbitBroker
from doorward.domain.errors import Unavailable
from doorward.domain.event_data import data_of
from doorward.domain.events import EventType, wire_event
from doorward.ports.delivery import DeliveryFailed
from support import broker as servers
from support.proxy import Proxy

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "events.schema.json").read_text())
UNROUTED = "doorward.unrouted"
MINE = "test.listener"


@pytest.fixture(scope="module")
def corner():
    made = servers.corner()
    yield made
    made.drop()


@pytest.fixture
def way(corner):
    """The server without what earlier tests have left, and a way to it that can be cut."""
    corner.clean()
    proxy, url = Proxy.before(corner.url)
    yield proxy, url
    proxy.stop()


@pytest.fixture
async def rabbit(way):
    opened = RabbitBroker(way[1], [])
    yield opened
    await opened.close()


PUBLISHERS = {
    "log": lambda request: LogEventPublisher(),
    "rabbitmq": lambda request: request.getfixturevalue("rabbit").publisher,
}


@pytest.fixture(params=PUBLISHERS)
def publisher(request):
    return PUBLISHERS[request.param](request)


@pytest.fixture
def in_corner(corner):
    """Work on the server, beside the loop of the test."""

    async def run(work, *arguments):
        return await asyncio.to_thread(work, *arguments)

    return run


async def listen(channel):
    """Bind a queue to all that happens to users."""
    queue = await channel.declare_queue(MINE, durable=True)
    await queue.purge()
    await queue.bind(await channel.declare_exchange("doorward.events", "topic", durable=True), "user.#")


@pytest.mark.parametrize("kind", [kind for kind in EventType if kind.wire_name])
async def test_every_event_can_be_published(publisher, make, kind):
    """Each event that has a wire name goes out, with a user or without."""
    await publisher.ready()
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


DETAILS = {"by": "operator", "reason": "ü", "role": "user", "verified": True, "identifier": "a***", "failures": 3,
           "batch": "01900000-0000-7000-8000-000000000000",
           "session": "01a1fd85-862d-7d18-8a0c-2e977216cf76", "but": "01a1fd85-862d-7d18-8a0c-2e977216cf76",
           "members": ["address"]}  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in EventType if kind.wire_name])
async def test_a_published_event_is_as_its_schema_says(rabbit, corner, in_corner, make, kind):
    """What a listener reads satisfies the JSON Schema in the documents, and one with another name does not."""
    await in_corner(corner.run, listen)
    happened = make.event(kind, details={name: DETAILS[name] for name in data_of(kind)})
    await rabbit.publisher.publish(wire_event(happened))
    (message,) = await in_corner(corner.messages, MINE)
    schema = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)

    assert schema.is_valid(message["body"])
    assert not schema.is_valid(message["body"] | {"type": "user.unknown"})
    assert not schema.is_valid(message["body"] | {"time": "yesterday"})


async def test_a_listener_gets_the_event_as_documented(rabbit, corner, in_corner, make):
    """Exchange, routing key, body and message id are those of the contract; the message survives a restart."""
    await in_corner(corner.run, listen)
    happened = wire_event(make.event(EventType.LOCKED, details={"failures": 4, "by": "ü"}))
    await rabbit.publisher.publish(happened)
    (message,) = await in_corner(corner.messages, MINE)

    assert (message["body"], message["routing_key"], message["message_id"], message["is_persistent"]) == (
        happened,
        "user.locked",
        happened["id"],
        True,
    )


async def test_events_arrive_in_order(rabbit, corner, in_corner, make):
    """A listener hears of things in the order in which they happened."""
    await in_corner(corner.run, listen)
    happened = [wire_event(make.event()) for _ in range(50)]
    for event in happened:
        await rabbit.publisher.publish(event)
    messages = await in_corner(corner.messages, MINE)

    assert [message["message_id"] for message in messages] == [event["id"] for event in happened]


async def test_an_event_that_nobody_listens_to_is_parked(rabbit, corner, in_corner, make):
    """It holds back nothing, and whoever comes later finds it in a queue."""
    happened = [wire_event(make.event()) for _ in range(3)]
    for event in happened:
        await rabbit.publisher.publish(event)
    messages = await in_corner(corner.messages, UNROUTED)

    assert [message["body"] for message in messages] == happened


async def test_connections_that_the_server_closes_lose_nothing(rabbit, corner, in_corner, make):
    """An operator closes all connections in mid-stream: each event is confirmed or refused, and all arrive."""
    await in_corner(corner.run, listen)
    happened = [wire_event(make.event()) for _ in range(30)]
    for number, event in enumerate(happened):
        if number in (10, 20):
            await in_corner(corner.close_connections)
        await until_taken(rabbit.publisher, event)
    messages = await in_corner(corner.messages, MINE)

    assert list(dict.fromkeys(message["message_id"] for message in messages)) == [event["id"] for event in happened]


async def until_taken(publisher, event):
    for _ in range(40):
        try:
            return await publisher.publish(event)
        except DeliveryFailed:
            await asyncio.sleep(0.1)
    raise AssertionError("it never was taken")


@pytest.mark.parametrize("fault", ["down", "freeze"])
async def test_a_broker_that_is_away_is_told_and_comes_back(rabbit, way, make, fault):
    """Whether it refuses or says nothing, the caller hears so in a few seconds; afterwards all goes on by itself."""
    proxy, _ = way
    event = wire_event(make.event())
    await rabbit.publisher.publish(event)
    getattr(proxy, fault)()
    with pytest.raises(DeliveryFailed):
        await rabbit.publisher.publish(event)
    with pytest.raises(Unavailable):
        await rabbit.check()
    {"down": proxy.up, "freeze": proxy.thaw}[fault]()
    await until_taken(rabbit.publisher, event)

    assert await rabbit.check() is None


async def test_queues_that_an_operator_removed_are_made_again(rabbit, corner, in_corner, make):
    """What is missing on the broker is mended by the next try, without a restart."""
    await rabbit.publisher.publish(wire_event(make.event()))
    await in_corner(corner.clean)
    await until_taken(rabbit.publisher, event := wire_event(make.event()))
    messages = await in_corner(corner.messages, UNROUTED)

    assert [message["body"] for message in messages] == [event]


@pytest.mark.parametrize("url", ["http://broker", "amqp://", "amqp://user:p/ss@host:port", "amqp:"])
def test_a_url_that_makes_no_sense_is_refused(url):
    """The words say what it should look like and never repeat a password."""
    with pytest.raises(ValueError, match="write it as amqp://") as refused:
        RabbitBroker(url, [])

    assert "p/ss" not in str(refused.value)
