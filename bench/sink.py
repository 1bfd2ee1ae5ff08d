"""`python -m bench.sink PORT FILE`: a mail server that takes every letter and writes how many there were."""

import asyncio
import mmap
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP


class Counter:
    """Counts letters in a file that another process reads."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 8)
        self._count = 0

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name that the server calls
        self._count += 1
        self._shared[:8] = self._count.to_bytes(8, "little")
        return "250 OK"


async def main() -> None:
    counter = Counter(Path(sys.argv[2]))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(counter, loop=loop), "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
