"""What drivers leave behind when they are closed."""

import asyncio
import gc
import warnings

WAIT_SECONDS = 2


async def drop_half_made_connections() -> None:
    """PyMongo, closed while a monitor of its own is connecting, leaves that socket to the collector of garbage.

    Found later, it would fail whatever test is running then. So the monitors are let end first: while one of them lives
    it holds on to its socket.
    """
    if monitors := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(monitors, timeout=WAIT_SECONDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
