"""People sign up while the service, its worker, the broker and the mail server are killed or frozen in turn.

TEST_OUTBOX_SIGN_UPS says how many (`make test-faults`: 600), TEST_SEED repeats a run.
"""

import os
import random
import secrets
import statistics
import sys
import threading
import time
from collections import Counter

import aio_pika
import httpx2
import pytest

from support import broker
from support.mailbox import text_of
from support.process import Process
from support.proxy import Proxy

SIGN_UPS = int(os.environ.get("TEST_OUTBOX_SIGN_UPS", "100"))
SEED = os.environ.get("TEST_SEED") or secrets.token_hex(4)
ROUNDS = int(os.environ.get("TEST_FAULT_ROUNDS", "1"))
PASSWORD = "trains and tea"
HEARD = "test.events"
DRAIN_SECONDS = 90


@pytest.fixture
def corner():
    """A virtual host with a queue that hears everything."""
    made = broker.corner()

    async def listen(channel):
        exchange = await channel.declare_exchange(broker.EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(HEARD, durable=True)
        await queue.bind(exchange, routing_key="#")

    made.run(listen)
    yield made
    made.drop()


@pytest.fixture
def ways(corner, mailbox):
    """Ways to the broker and to the mail server that can be cut or frozen, and their URLs."""
    to_broker, broker_url = Proxy.before(corner.url)
    to_mail, mail_url = Proxy.before(mailbox.url)
    yield {"broker": to_broker, "mail": to_mail}, {"RABBITMQ_URL": broker_url, "SMTP_URL": mail_url}
    to_broker.stop()
    to_mail.stop()


@pytest.fixture
def service(launch, ways):
    return launch("code-activation", workers=2, env=ways[1])


@pytest.fixture
def worker(service):
    process = Process([sys.executable, "-m", "doorward", "worker"], service.folder, service.env, "worker")
    process.start("worker started")
    yield process
    process.thaw()
    process.kill()


class Crowd:
    """Signs up from several threads until enough were told that they have an account."""

    def __init__(self, url, wanted):
        self.url, self.wanted = url, wanted
        self.acknowledged, self.statuses, self.lock = [], Counter(), threading.Lock()
        self.threads = [threading.Thread(target=self._run) for _ in range(4)]
        for thread in self.threads:
            thread.start()

    @property
    def is_done(self):
        return len(self.acknowledged) >= self.wanted

    def _run(self):
        with httpx2.Client(base_url=self.url, timeout=20) as client:
            while not self.is_done:
                email = f"fire-{secrets.token_hex(6)}@example.com"
                try:
                    status = client.post("/v1/users", json={"email": email, "password": PASSWORD}).status_code
                except httpx2.TransportError:
                    status = 0
                with self.lock:
                    self.statuses[status] += 1
                    self.acknowledged += [email] * (status == 201)
                time.sleep(0.1)


def _faults(service, worker, corner, ways):
    """Each breaks something for a while and mends it."""

    def kill_worker():
        worker.kill()
        worker.start("worker started")

    def freeze_worker():
        worker.freeze()
        time.sleep(2)
        worker.thaw()

    def kill_service():
        service.kill()
        service.start()

    def through(way, name):
        def fault():
            getattr(way, name)()
            time.sleep(2)
            (way.thaw if name == "freeze" else way.up)()

        return fault

    return {
        "worker killed": kill_worker,
        "worker frozen": freeze_worker,
        "service killed": kill_service,
        "broker closes connections": corner.close_connections,
        "broker gone": through(ways["broker"], "down"),
        "broker frozen": through(ways["broker"], "freeze"),
        "mail server gone": through(ways["mail"], "down"),
        "mail server frozen": through(ways["mail"], "freeze"),
    }


def _drained(service):
    """Wait until nothing is left to be delivered; return how long that took."""
    begin = time.monotonic()
    while (rows := service.records("outbox")) and time.monotonic() < begin + DRAIN_SECONDS:
        time.sleep(0.1)
    assert rows == []
    return time.monotonic() - begin


@pytest.mark.smoke
def test_nothing_is_lost_and_nothing_invented(service, worker, corner, ways, mailbox, capsys):
    """Each account has its letter and its event, each letter and event an account; repeated ones can be recognised."""
    chance = random.Random(SEED)
    faults, done = _faults(service, worker, corner, ways[0]), Counter()
    crowd = Crowd(service.url, SIGN_UPS)
    waiting = []
    while not crowd.is_done or waiting:
        waiting = waiting or chance.sample(sorted(faults), len(faults))
        name = waiting.pop()
        faults[name]()
        done[name] += 1
        time.sleep(chance.uniform(0.1, 0.5))
    for thread in crowd.threads:
        thread.join()
    seconds = _drained(service)

    users = {row["email"]: row["id"] for row in service.records("users")}
    letters = {email: mailbox.messages(email) for email in users}
    events = [message["body"] for message in corner.messages(HEARD)]
    registered = {(event["id"], event["subject"]) for event in events if event["type"] == "user.registered"}
    repeated = sum(max(0, len(found) - 1) for found in letters.values())
    with capsys.disabled():
        print(
            f"\nseed {SEED}; sign-ups {len(crowd.acknowledged)} acknowledged, accounts {len(users)}, "
            f"answers {dict(crowd.statuses)}; faults {sum(done.values())}; "
            f"letters {sum(map(len, letters.values()))}, of them repeated {repeated}; "
            f"events {len(events)}, of them repeated {len(events) - len({e['id'] for e in events})}; "
            f"drained {seconds:.1f} s after the last fault"
        )

    assert set(crowd.statuses) <= {201, 503, 0}
    assert set(crowd.acknowledged) <= set(users)
    assert [email for email, found in letters.items() if not found] == []
    assert sorted(subject for _, subject in registered) == sorted(users.values())
    assert {email for email in mailbox.addresses() if email.startswith("fire-")} == set(users)
    for found in letters.values():
        assert len({(letter["Message-ID"], text_of(letter)) for letter in found}) == 1


def test_sign_ups_do_not_wait_for_broker_or_mail(service, worker, ways, mailbox, capsys):
    """With the mail server frozen, then with the broker gone, everybody is signed up; afterwards the letters come."""
    healthy, frozen, emails = [], [], []

    def sign_up(times):
        for _ in range(20):
            emails.append(f"wait-{secrets.token_hex(6)}@example.com")
            begin = time.monotonic()
            answer = httpx2.post(
                f"{service.url}/v1/users", json={"email": emails[-1], "password": PASSWORD}, timeout=30
            )
            times.append(time.monotonic() - begin)
            assert answer.status_code == 201

    for _ in range(ROUNDS):
        sign_up(healthy)
        ways[0]["mail"].freeze()
        sign_up(frozen)
        ways[0]["mail"].thaw()
    ways[0]["broker"].down()
    sign_up([])
    ways[0]["broker"].up()
    with capsys.disabled():
        print(
            f"\nsign-up with a frozen mail server ÷ healthy: {_p99(frozen) / _p99(healthy):.2f} (p99, {ROUNDS} rounds)"
        )

    for email in emails:
        mailbox.wait_for(email, timeout=DRAIN_SECONDS)


def _p99(times):
    return statistics.quantiles(times, n=100)[98]
