"""The broker: it lets us in, has or takes what we declare, and somebody works."""

from collections.abc import AsyncIterator

from doorward.bootstrap import Service
from doorward.cli.checkups.finding import Finding
from doorward.domain.errors import Unavailable
from doorward.http.checks import REMEDIES


async def check_broker(service: Service) -> AsyncIterator[Finding]:
    """Connect, declare, and count the workers; nothing is said where there is no broker."""
    if service.broker is None:
        return
    try:
        workers = await service.broker.jobs.workers()
    except Unavailable as error:
        yield Finding.wrong("rabbitmq", f"The broker does not answer ({error.__cause__}).", REMEDIES["rabbitmq"].fix)
        return
    yield Finding.ok("rabbitmq", "the broker lets us in, and the exchange and queues are there")
    if workers:
        yield Finding.ok("worker", f"workers that deliver: {workers}")
    else:
        yield Finding.wrong("worker", "No worker delivers.", REMEDIES["worker"].fix)
