"""Mail and events through RabbitMQ: service, worker, mail server and listener, each a process of its own."""

import json
import re
import sys
import time
from pathlib import Path

import aio_pika
import pytest

from support import broker
from support.process import Process
from support.proxy import Proxy

CONSUMER = Path(__file__).parents[2] / "examples" / "rabbitmq_consumer.py"
PASSWORD = "trains and tea"
EVENT = re.compile(r"^(\S+Z)  (user\.\w+)  (\S+)  (\S+)$", re.MULTILINE)


@pytest.fixture
def corner():
    made = broker.corner()
    yield made
    made.drop()


@pytest.fixture
def way(corner):
    """A way to the broker that can be cut or frozen."""
    proxy, url = Proxy.before(corner.url)
    yield proxy, url
    proxy.stop()


@pytest.fixture
def service(launch, way):
    return launch(profile="code-activation", env={"RABBITMQ_URL": way[1]})


@pytest.fixture
def processes():
    """Programs that end with the test."""
    started = []
    yield started
    for process in started:
        process.kill()


@pytest.fixture
def new_worker(service, processes):
    """Starts a worker of the service."""

    def run(name="worker"):
        command = [sys.executable, "-m", "doorward", "worker"]
        processes.append(Process(command, service.folder, service.env, name))
        return processes[-1].start("worker started")

    return run


@pytest.fixture
def listener(service, corner, processes, tmp_path):
    """The example, started as documented."""
    env = service.env | {"RABBITMQ_URL": corner.url, "HANDLED_FILE": str(tmp_path / "handled.db")}
    processes.append(Process([sys.executable, str(CONSUMER)], tmp_path, env, "listener"))
    return processes[-1].start("listening")


def sign_up(service, email):
    answer = service.client().post("/v1/users", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def activate(service, email, code):
    answer = service.client().post("/v1/users/activate", json={"code": code}, auth=(email, PASSWORD))
    assert answer.status_code == 200, answer.text


def heard(listener, user_id, count, *, timeout=20):
    """The names of the events about a user that the listener has handled, once there are so many."""
    deadline = time.monotonic() + timeout
    while len(found := [name for _, name, subject, _ in EVENT.findall(listener.log()) if subject == user_id]) < count:
        assert time.monotonic() < deadline, (found, listener.log()[-2000:])
        time.sleep(0.05)
    return found


def left(service, *, timeout=20):
    """What is in the outbox, once it is empty or time is up."""
    deadline = time.monotonic() + timeout
    while (rows := service.records("outbox")) and time.monotonic() < deadline:
        time.sleep(0.05)
    return [(row["lane"], row["reason"]) for row in rows]


def test_sign_up_code_and_events_go_through_the_broker(service, new_worker, listener, mailbox, address):
    """The code comes by the worker, and the listener hears of sign-up and activation in their order."""
    new_worker()
    user_id = sign_up(service, address)
    activate(service, address, mailbox.code(address))

    assert heard(listener, user_id, 2) == ["user.registered", "user.activated"]
    assert left(service) == []


def test_the_service_itself_delivers_nothing(service, mailbox, address):
    """With a broker, delivering is the workers' part: without one everything waits in the outbox."""
    sign_up(service, address)
    time.sleep(2)

    assert mailbox.messages(address) == []
    assert sorted(row["lane"] for row in service.records("outbox")) == ["events", "messages"]


def test_an_event_that_is_delivered_twice_is_handled_once(service, new_worker, listener, corner, mailbox, address):
    """The listener knows an event by its id, also after it was started anew."""
    new_worker()
    user_id = sign_up(service, address)
    heard(listener, user_id, 1)
    ((at, name, _, event_id),) = [found for found in EVENT.findall(listener.log()) if found[2] == user_id]
    body = json.dumps({"id": event_id, "type": name, "time": at, "subject": user_id, "data": {}}).encode()

    async def repeat(channel):
        exchange = await channel.get_exchange("doorward.events")
        await exchange.publish(aio_pika.Message(body, message_id=event_id), routing_key=name)

    corner.run(repeat)
    listener.stop()
    listener.start("listening")
    corner.run(repeat)
    activate(service, address, mailbox.code(address))

    assert heard(listener, user_id, 2) == ["user.registered", "user.activated"]


def test_nothing_secret_is_on_the_broker(service, new_worker, corner, mailbox, address):
    """Jobs and events hold neither code nor password, also those whose worker was stopped in mid-work."""
    worker = new_worker()
    worker.freeze()
    user_id = sign_up(service, address)
    worker.thaw()
    code = mailbox.code(address)
    time.sleep(0.5)
    told = [message["body"] for queue in broker.QUEUES for message in corner.messages(queue)]

    assert [event["subject"] for event in told] == [user_id]
    assert code not in json.dumps([{**event, "id": "", "subject": "", "time": ""} for event in told])
    assert PASSWORD not in json.dumps(told)


def test_a_killed_worker_loses_nothing(service, new_worker, listener, mailbox, address):
    """Killed while the mail server refuses, again and again: the next worker hands everything over."""
    people = [f"{number}-{address}" for number in range(12)]
    worker = new_worker()
    with mailbox.refusing(451):
        ids = []
        for number, email in enumerate(people):
            ids.append(sign_up(service, email))
            if number % 4 == 3:
                worker.kill()
                worker.start("worker started")
    worker.kill()
    worker.start("worker started")
    for user_id, email in zip(ids, people, strict=True):
        activate(service, email, mailbox.code(email, timeout=60))
        assert heard(listener, user_id, 2) == ["user.registered", "user.activated"]


def test_closed_connections_lose_nothing(service, new_worker, listener, corner, mailbox, address):
    """The operator closes all connections while people sign up."""
    people = [f"{number}-{address}" for number in range(9)]
    new_worker("one")
    new_worker("two")
    ids = []
    for number, email in enumerate(people):
        ids.append(sign_up(service, email))
        if number % 3 == 1:
            corner.close_connections()
    for user_id, email in zip(ids, people, strict=True):
        activate(service, email, mailbox.code(email, timeout=60))
        assert heard(listener, user_id, 2) == ["user.registered", "user.activated"]


@pytest.mark.parametrize("fault", ["down", "freeze"])
def test_while_the_broker_is_away_people_sign_up_and_events_wait(
    service, new_worker, listener, way, mailbox, address, fault
):
    """Codes come straight from the outbox meanwhile; when it is back, all events follow without a restart."""
    proxy, _ = way
    new_worker()
    user_id = sign_up(service, address)
    activate(service, address, mailbox.code(address))
    heard(listener, user_id, 2)
    getattr(proxy, fault)()
    other = f"other-{address}"
    other_id = sign_up(service, other)
    time.sleep(2.1)  # /health remembers for two seconds
    health = service.client().get("/health")
    ready = service.client().get("/readyz")
    activate(service, other, mailbox.code(other, timeout=60))
    waiting = [row for row in service.records("outbox") if row["lane"] == "events"]
    {"down": proxy.up, "freeze": proxy.thaw}[fault]()

    assert (health.status_code, health.json()["checks"]["rabbitmq"], ready.status_code) == (503, "unavailable", 200)
    assert len(waiting) == 2
    assert heard(listener, other_id, 2) == ["user.registered", "user.activated"]


def test_a_worker_that_is_asked_to_stop_finishes_and_says_so(new_worker, service, mailbox, address):
    """Its exit status is 0, and what it had in hand was settled."""
    worker = new_worker()
    sign_up(service, address)
    mailbox.wait_for(address)

    assert worker.stop() == 0
    assert "worker stopped" in worker.log()
    assert [row for row in service.records("outbox") if row["lane"] == "messages"] == []


def test_the_doctor_knows_whether_anybody_works(service, new_worker, way):
    """With a broker and no worker no mail leaves: that is a failure with its cure, and so is a broker that is away."""
    alone = service.cli("doctor")
    new_worker()
    together = service.cli("doctor")
    way[0].down()
    cut_off = service.cli("doctor")

    assert "No worker delivers" in alone.stdout
    assert "workers that deliver: 1" in together.stdout
    assert "The broker does not answer" in cut_off.stdout


def test_development_needs_no_worker(launch, corner, processes, tmp_path):
    """`dev` with a broker publishes itself, and its letters are in the inbox as always."""
    service = launch(profile="code-activation", mode="dev", env={"RABBITMQ_URL": corner.url})
    env = service.env | {"HANDLED_FILE": str(tmp_path / "handled.db")}
    processes.append(Process([sys.executable, str(CONSUMER)], tmp_path, env, "listener"))
    listener = processes[-1].start("listening")
    user_id = sign_up(service, "ada@example.com")
    caught = service.client().get("/dev/inbox/messages", params={"to": "ada@example.com", "wait": 10}).json()
    activate(service, "ada@example.com", caught["messages"][0]["code"])

    assert heard(listener, user_id, 2) == ["user.registered", "user.activated"]


def test_a_worker_without_a_broker_delivers_from_the_outbox(launch, processes, mailbox, address):
    """RABBITMQ_URL is no condition: the same relay runs in a process of its own."""
    service = launch(profile="code-activation")
    service.stop()
    env = service.env
    done = service.cli("users", "create", address, "--password-stdin", stdin=PASSWORD + "\n")
    processes.append(Process([sys.executable, "-m", "doorward", "worker"], service.folder, env, "worker"))
    processes[-1].start("worker started")

    assert done.returncode == 0
    assert mailbox.code(address)
