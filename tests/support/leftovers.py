"""What drivers leave behind when they are closed."""

import asyncio
import gc
import warnings


async def drop_half_made_connections() -> None:
    """PyMongo, closed while a monitor of its own is connecting, leaves that socket to the collector of garbage.

    Found later, it would fail whatever test is running then.
    """
    await asyncio.sleep(0.05)  # the monitor hears of it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
