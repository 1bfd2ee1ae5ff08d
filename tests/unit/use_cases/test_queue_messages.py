"""Giving messages to workers through a queue: each is settled once, and none depends on the queue alone."""

from dataclasses import dataclass, field

import pytest

from doorward.domain.errors import Unavailable
from doorward.domain.policies.verification import VerificationPolicy
from doorward.ports.delivery import DeliveryFailed
from doorward.use_cases.queue_messages import QueueMessages


@dataclass
class Jobs:
    """A queue that a test can fill, break and read."""

    put_in: list = field(default_factory=list)
    space: int = 64
    is_away: bool = False
    breaks: bool = False

    async def room(self):
        if self.is_away:
            raise Unavailable("broker")
        return self.space

    async def put(self, job):
        if self.breaks:
            raise Unavailable("broker")
        self.put_in.append(job)


@pytest.fixture
async def door(engine):
    """An engine where three people have signed up and their letters wait, and a queue beside it."""
    built = engine("code-activation", verification=VerificationPolicy(code_length=10, link=False))
    for name in ("ada", "bob", "cyd"):
        await built.auth.register(built.form(f"{name}@example.com"))
    built.jobs = Jobs()
    built.queue = QueueMessages(outbox=built.outbox, jobs=built.jobs, now=built.clock)
    return built


async def handled(door):
    """Hand over all jobs, as a worker would; return who got a letter."""
    for job in door.jobs.put_in:
        await door.auth.deliver_messages.handle(job)
    return [letter.to for letter in door.post.letters]


async def waiting(door):
    return (await door.outbox.depth())["messages"]


async def test_queued_letters_are_handed_over_by_a_worker(door):
    """Each waiting letter becomes a job, and who handles the jobs empties the outbox."""
    queued = await door.queue("relay")

    assert (queued, await handled(door), await waiting(door)) == (
        3,
        ["ada@example.com", "bob@example.com", "cyd@example.com"],
        0,
    )


async def test_a_job_carries_no_secret(door):
    """What goes to the broker is the intent: whoever reads the queue learns no code."""
    await door.queue("relay")
    await handled(door)

    assert [letter.code in repr(door.jobs.put_in) for letter in door.post.letters] == [False] * 3


async def test_what_is_queued_is_not_queued_again(door):
    """A job has the time of its lease."""
    await door.queue("relay")

    assert await door.queue("relay") == 0


async def test_a_lost_job_is_given_out_again(door):
    """A broker that forgets everything loses no letter."""
    await door.queue("relay")
    door.jobs.put_in.clear()
    door.clock.advance(seconds=30)
    await door.queue("another relay")

    assert len(await handled(door)) == 3


async def test_a_job_that_comes_late_is_left_alone(door):
    """When its message may be given out again soon, a job is dropped: the person gets one letter."""
    await door.queue("relay")
    door.clock.advance(seconds=16)
    late = await handled(door)
    door.jobs.put_in.clear()
    door.clock.advance(seconds=14)
    await door.queue("relay")

    assert (late, len(await handled(door))) == ([], 3)


async def test_a_failed_hand_over_goes_back_to_the_outbox(door):
    """A mail server that is away for a moment costs no mail; the pause grows as without a queue."""
    door.post.failures = [DeliveryFailed("later, please")] * 3
    await door.queue("relay")
    await handled(door)
    door.jobs.put_in.clear()
    door.clock.advance(seconds=2)
    await door.queue("relay")

    assert ([job.item.attempts for job in door.jobs.put_in], len(await handled(door))) == ([2, 2, 2], 3)


async def test_a_final_refusal_is_kept_for_the_operator(door):
    """What no server takes is buried in the outbox, not on the broker."""
    door.post.failures = [DeliveryFailed("no such mailbox", is_final=True)]
    await door.queue("relay")
    await handled(door)

    assert (await door.outbox.depth())["dead"] == 1


async def test_a_broker_that_is_away_is_noticed_before_anything_is_claimed(door):
    """Whoever finds the broker gone can deliver at once in another way."""
    door.jobs.is_away = True
    refusal = await door.refusal(door.queue("relay"))

    assert (type(refusal), await door.auth.deliver_messages("relay")) == (Unavailable, 3)


async def test_a_broker_that_breaks_in_the_middle_loses_nothing(door):
    """It may have taken the jobs or not: their leases tell."""
    door.jobs.breaks = True
    refusal = await door.refusal(door.queue("relay"))
    door.clock.advance(seconds=30)

    assert (type(refusal), await door.auth.deliver_messages("relay")) == (Unavailable, 3)


async def test_a_full_queue_is_not_made_longer(door):
    """What nobody has time for stays in the outbox."""
    door.jobs.space = 2
    first = await door.queue("relay")
    door.jobs.space = 0

    assert (first, await door.queue("relay")) == (2, 0)
