"""RabbitMQ itself is killed or frozen while people sign up, and comes back with what it had written."""

import re
import sys
import time
from pathlib import Path

import pytest

from support.own_broker import own_broker
from support.process import Process

CONSUMER = Path(__file__).parents[2] / "examples" / "rabbitmq_consumer.py"
REGISTERED = re.compile(r"^\S+Z  user\.registered  (\S+)  \S+$", re.MULTILINE)
PEOPLE = 12
WRITTEN_SECONDS = (
    5  # RabbitMQ 3.10 notes only after a while which queues it has; killed before, it brings one back dead
)


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with own_broker(tmp_path_factory.mktemp("broker")) as started:
        yield started


@pytest.fixture
def service(launch, broker):
    return launch("code-activation", env={"RABBITMQ_URL": broker.url})


@pytest.fixture
def listener(service, broker, tmp_path):
    """A worker, and the listener that the documents show; gives the listener."""
    worker = Process([sys.executable, "-m", "doorward", "worker"], service.folder, service.env, "worker")
    env = service.env | {"HANDLED_FILE": str(tmp_path / "handled.db")}
    found = Process([sys.executable, str(CONSUMER)], tmp_path, env, "listener")
    worker.start("worker started")
    found.start("listening")
    time.sleep(WRITTEN_SECONDS)
    yield found
    worker.kill()
    found.kill()


def sign_ups(service, people):
    """Sign them up; ids by address, and how long the slowest took."""
    ids, slowest = {}, 0.0
    for email in people:
        begun = time.monotonic()
        answer = service.client().post("/v1/users", json={"email": email, "password": "trains and tea"})
        slowest = max(slowest, time.monotonic() - begun)
        assert answer.status_code == 201, answer.text
        ids[email] = answer.json()["id"]
    return ids, slowest


FAULTS = {
    "killed": (lambda broker: broker.kill(), lambda broker: broker.start()),
    "frozen": (lambda broker: broker.freeze(), lambda broker: broker.thaw()),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_people_sign_up_while_the_broker_is_away(service, broker, listener, mailbox, address, capsys, fault):
    """Each gets a code meanwhile, all events follow when it is back, and nothing is started again but the broker."""
    away, back = FAULTS[fault]
    before, _ = sign_ups(service, [f"before-{n}-{address}" for n in range(PEOPLE)])
    away(broker)
    during, slowest = sign_ups(service, [f"during-{n}-{address}" for n in range(PEOPLE)])
    begun = time.monotonic()
    for email in during:
        mailbox.wait_for(email, timeout=60)
    last_letter = time.monotonic() - begun
    back(broker)
    begun = time.monotonic()
    after, _ = sign_ups(service, [f"after-{n}-{address}" for n in range(PEOPLE)])
    ids = before | during | after
    for email in ids:
        mailbox.wait_for(email, timeout=60)
    while not set(ids.values()) <= (heard := set(REGISTERED.findall(listener.log()))) and time.monotonic() < begun + 60:
        time.sleep(0.1)
    with capsys.disabled():
        print(
            f"\nbroker {fault}: slowest sign-up {slowest:.2f} s, last letter {last_letter:.1f} s after it, "
            f"all events {time.monotonic() - begun:.1f} s after the broker was back"
        )

    assert set(ids.values()) <= heard
    assert [len({letter["Message-ID"] for letter in mailbox.messages(email)}) for email in ids] == [1] * len(ids)
