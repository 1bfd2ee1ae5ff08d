"""A server that says in MongoDB's protocol that it is no member of a replica set, as a plain `mongod` does."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import bson

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
HELLO = {"ok": 1.0, "helloOk": True, "ismaster": True, "isWritablePrimary": True, "minWireVersion": 0}
LIMITS = {"maxWireVersion": 21, "maxBsonObjectSize": 1 << 24, "maxMessageSizeBytes": 1 << 25, "maxWriteBatchSize": 1000}


@asynccontextmanager
async def standalone() -> AsyncIterator[str]:
    """Its URL; whatever it is asked, it says hello."""
    talks: set[asyncio.Task[None]] = set()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.ensure_future(_talk(reader, writer))
        talks.add(talk)

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    try:
        yield f"mongodb://127.0.0.1:{server.sockets[0].getsockname()[1]}/doorward"
    finally:
        server.close()
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            length, request, _, kind = struct.unpack("<iiii", await reader.readexactly(16))
            await reader.readexactly(length - 16)
            head = struct.pack("<iqii", 8, 0, 0, 1) if kind == OP_QUERY else struct.pack("<iB", 0, 0)
            body = head + bson.encode(HELLO | LIMITS)
            answer = OP_REPLY if kind == OP_QUERY else OP_MSG
            writer.write(struct.pack("<iiii", 16 + len(body), 0, request, answer) + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()
