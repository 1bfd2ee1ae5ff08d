"""The queue of jobs on RabbitMQ."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import aio_pika
import pytest

from doorward.adapters.rabbitmq import RabbitBroker
from doorward.adapters.rabbitmq.job_text import SEAL, seal
from doorward.domain.errors import Unavailable
from doorward.ports.outbox import Job, Lane, OutboxItem
from support import broker as servers
from support.proxy import Proxy

KEYS = (b"the key of this test" * 2,)
JOBS, DEAD = "doorward.jobs", "doorward.jobs.dead"


@pytest.fixture(scope="module")
def corner():
    made = servers.corner()
    yield made
    made.drop()


@pytest.fixture
def way(corner):
    corner.clean()
    proxy, url = Proxy.before(corner.url)
    yield proxy, url
    proxy.stop()


@pytest.fixture
async def open_queue(way):
    """Opens the queue as another process would."""
    opened = []

    def run(keys=KEYS):
        opened.append(RabbitBroker(way[1], keys))
        return opened[-1].jobs

    yield run
    for broker in opened:
        await broker.close()


@pytest.fixture
def job(make, now):
    """Makes a job."""

    def run(**members):
        message = make.message(**members)
        item = OutboxItem(id=message.id, lane=Lane.MESSAGES, payload={}, attempts=3, created_at=now, message=message)
        return Job(item, "relay-1", now + timedelta(seconds=30))

    return run


class Worker:
    """Handles jobs as a test wants."""

    def __init__(self):
        self.begun = []
        self.done = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure = None

    async def __call__(self, job):
        self.begun.append(job)
        await self.gate.wait()
        if self.failure:
            raise self.failure
        self.done.append(job)


async def until(is_so, seconds=10):
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not is_so():
            await asyncio.sleep(0.02)


async def left(corner, queue):
    return await asyncio.to_thread(corner.messages, queue)


@pytest.mark.parametrize(
    "members", [{}, {"challenge_id": None, "params": {"first_name": "Zoë 🦊"}, "to": "+4915112345"}]
)
async def test_a_job_arrives_as_it_was_put(open_queue, job, members):
    """The worker gets the whole intent, and what it needs to settle the claim."""
    wanted, worker = job(**members), Worker()
    await open_queue().put(wanted)
    async with open_queue().consuming(worker):
        await until(lambda: worker.done)

    assert worker.done == [wanted]


async def test_a_job_survives_the_process_that_put_it(open_queue, job, corner):
    """It lies on a durable queue as a persistent message until it is acknowledged, and holds the intent alone."""
    wanted = job()
    await open_queue().put(wanted)
    (message,) = await left(corner, JOBS)

    assert (message["is_persistent"], message["body"]["id"]) == (True, str(wanted.item.id))
    assert set(message["body"]) == {
        *("id", "kind", "to", "subject_id", "challenge_id", "params", "language"),
        *("created_at", "attempts", "owner", "until"),
    }


async def test_jobs_are_handled_at_the_same_time_up_to_a_number(open_queue, job):
    """A slow mail server holds up sixteen jobs at the most; the others stay for other workers."""
    worker, queue = Worker(), open_queue()
    worker.gate.clear()
    for _ in range(20):
        await queue.put(job())
    async with open_queue().consuming(worker):
        await until(lambda: len(worker.begun) == 16)
        await asyncio.sleep(0.3)
        begun = len(worker.begun)
        worker.gate.set()
        await until(lambda: len(worker.done) == 20)

    assert begun == 16


async def test_room_shrinks_with_what_waits(open_queue, job):
    """Whoever puts jobs sees when nobody takes them."""
    queue = open_queue()
    empty = await queue.room()
    for _ in range(empty + 1):
        await queue.put(job())
    for _ in range(50):
        if (room := await queue.room()) == 0:
            break
        await asyncio.sleep(0.1)

    assert (empty, room) == (64, 0)


async def test_the_end_waits_for_what_is_in_hand(open_queue, job, corner):
    """A worker that is asked to stop finishes its jobs, and they do not come again."""
    worker, queue = Worker(), open_queue()
    worker.gate.clear()
    await queue.put(job())

    async def work():
        async with open_queue().consuming(worker):
            await until(lambda: worker.begun)

    ending = asyncio.create_task(work())
    await until(lambda: worker.begun)
    await asyncio.sleep(0.2)
    is_waiting = not ending.done()
    worker.gate.set()
    await ending

    assert (is_waiting, len(worker.done), await left(corner, JOBS)) == (True, 1, [])


async def test_a_job_in_hand_of_a_lost_worker_goes_to_another(open_queue, way, corner, job):
    """Its connection is gone: the server gives the job to the next worker at once."""
    lost, next_one, wanted = Worker(), Worker(), job()
    lost.gate.clear()
    await open_queue().put(wanted)
    other = RabbitBroker(corner.url, KEYS)
    async with open_queue().consuming(lost):
        await until(lambda: lost.begun)
        way[0].down()
        async with other.jobs.consuming(next_one):
            await until(lambda: next_one.done)
        lost.gate.set()
    await other.close()

    assert next_one.done == [wanted]


async def test_a_lost_connection_does_not_repeat_a_job_in_hand(open_queue, way, job, corner):
    """The job comes again while it is still being handled: it is acknowledged, not handled twice."""
    worker, queue = Worker(), open_queue()
    worker.gate.clear()
    await queue.put(job())
    async with open_queue().consuming(worker):
        await until(lambda: worker.begun)
        way[0].cut()
        await asyncio.sleep(2)
        worker.gate.set()
        await until(lambda: worker.done)
        another = job()
        for _ in range(40):
            try:
                await queue.put(another)
                break
            except Unavailable:
                await asyncio.sleep(0.1)
        await until(lambda: another in worker.done)

    assert (len(worker.begun), await left(corner, JOBS)) == (2, [])


async def test_what_is_no_job_goes_to_the_dead_ones(open_queue, corner):
    """A stranger's message blocks nothing; a person can look at it."""
    await open_queue().room()

    async def put(channel):
        for body in (b"{}", b"no json", b'{"id": 1}', json.dumps({"id": "x"}).encode()):
            sealed = aio_pika.Message(body, headers={SEAL: seal(body, KEYS[0])})  # so that it is looked into
            await channel.default_exchange.publish(sealed, routing_key=JOBS)

    await asyncio.to_thread(corner.run, put)
    worker = Worker()
    async with open_queue().consuming(worker):
        await asyncio.sleep(1)

    assert (worker.begun, await left(corner, JOBS), await asyncio.to_thread(corner.run, dead_count)) == ([], [], 4)


async def test_a_job_that_was_changed_or_made_elsewhere_is_not_done(open_queue, corner, job):
    """Whoever may read and write the queue cannot have a letter sent to himself."""
    await open_queue().put(job())

    async def meddle(channel):
        queue = await channel.get_queue(JOBS, ensure=False)
        taken = await queue.get(no_ack=True)
        body = json.dumps(json.loads(taken.body) | {"to": "thief@example.com"}).encode()
        for headers in (taken.headers, {}, {"seal": None}, {"seal": "\u00e9"}):
            changed = aio_pika.Message(body, headers=headers)
            await channel.default_exchange.publish(changed, routing_key=JOBS)

    await asyncio.to_thread(corner.run, meddle)
    await open_queue([b"another key"]).put(job())
    worker = Worker()
    async with open_queue().consuming(worker):
        await asyncio.sleep(1)

    assert (worker.begun, await left(corner, JOBS), await asyncio.to_thread(corner.run, dead_count)) == ([], [], 5)


async def test_a_job_under_a_former_key_is_done(open_queue, job):
    """While SECRET_KEY changes, what waits is not lost."""
    worker, waiting = Worker(), job()
    await open_queue().put(waiting)
    async with open_queue([b"a new key", *KEYS]).consuming(worker):
        await until(lambda: worker.done)

    assert worker.done == [waiting]


async def dead_count(channel):
    return (await channel.declare_queue(DEAD, passive=True)).declaration_result.message_count


async def test_a_mistake_in_the_house_puts_the_job_to_the_dead_ones(open_queue, corner, job):
    """It is not tried again in a circle: its message waits in the outbox for the end of its lease."""
    worker, wanted = Worker(), job()
    worker.failure = RuntimeError("a mistake")
    await open_queue().put(wanted)
    async with open_queue().consuming(worker):
        await until(lambda: worker.begun)
        await asyncio.sleep(0.5)
    (dead,) = await left(corner, DEAD)

    assert (len(worker.begun), dead["body"]["id"]) == (1, str(wanted.item.id))


async def test_a_database_that_is_away_is_no_mistake(open_queue, corner, job):
    """The job is done with, for the outbox gives its message out again."""
    worker = Worker()
    worker.failure = Unavailable()
    await open_queue().put(job())
    async with open_queue().consuming(worker):
        await until(lambda: worker.begun)
        await asyncio.sleep(0.5)

    assert (await left(corner, JOBS), await left(corner, DEAD)) == ([], [])


async def test_a_worker_finds_its_way_back_to_a_broker_that_was_away(open_queue, way, job):
    """Nothing has to be started again."""
    worker, queue, wanted = Worker(), open_queue(), job()
    async with open_queue().consuming(worker):
        await queue.room()
        way[0].down()
        await asyncio.sleep(1)
        with pytest.raises(Unavailable):
            await queue.put(wanted)
        way[0].up()
        async with asyncio.timeout(10):
            while wanted not in worker.done:
                try:
                    await queue.put(replace(wanted))
                except Unavailable:
                    await asyncio.sleep(0.1)
                await asyncio.sleep(0.1)

    assert worker.done == [wanted]
