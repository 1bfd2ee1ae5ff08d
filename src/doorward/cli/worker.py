"""`doorward worker`."""

import asyncio
import logging
import signal
from typing import Annotated

import typer

from doorward.bootstrap import Service, build
from doorward.cli.running import ProfileOption, refuse_unsafe
from doorward.log import configure
from doorward.settings import load

log = logging.getLogger("doorward.worker")


def worker(
    profile: ProfileOption = None,
    log_json: Annotated[bool | None, typer.Option("--log-json", help="Log lines as JSON.")] = None,
) -> None:
    """Deliver what waits: events to RABBITMQ_URL, mail and text messages; any number of workers share the work.

    It needs the settings that `serve` has. Without RABBITMQ_URL it delivers as `serve` does itself.

    Example: doorward worker --profile code-activation
    """
    settings = load({"profile": profile, "log_json": log_json}).settings
    refuse_unsafe(settings)
    configure(level=settings.log_level, file=settings.log_file, as_json=settings.log_json)
    asyncio.run(_work(build(settings)))


async def _work(service: Service) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with service.working():
        log.info("worker started", extra={"events": "rabbitmq" if service.broker else "log"})
        await stop.wait()
        log.info("worker finishes what is in hand")
    log.info("worker stopped")
