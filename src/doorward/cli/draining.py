"""A stop that drops nobody: whoever has a connection is let in and answered before the service ends."""

import asyncio
import ctypes
import selectors
import socket
import struct
import sys
import time
from asyncio.trsock import TransportSocket
from collections.abc import Sequence
from contextlib import suppress

import uvicorn
from uvicorn.supervisors import Multiprocess

from doorward.http.protocol import BoundedHttpProtocol

Listener = socket.socket | TransportSocket

STARTUP_FAILURE = 3
STEP_SECONDS = 0.02
LET_IN_SECONDS = 1
LATE_REQUEST_SECONDS = 1

SO_ATTACH_FILTER = 26
# What asks for a new connection is dropped (byte 13 of TCP's header, flag SYN); the last word of a handshake passes,
# because its sender counts himself in already.
LOAD_FLAGS, UNLESS_SYN, DROP, PASS = (0x30, 0, 0, 13), (0x45, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF)
NO_NEWCOMERS = b"".join(struct.pack("HBBI", *step) for step in (LOAD_FLAGS, UNLESS_SYN, DROP, PASS))


class PatientProtocol(BoundedHttpProtocol):
    """Told to end, it gives a request that is on its way a second to arrive; uvicorn would close at once."""

    _is_ending = False

    def shutdown(self) -> None:
        """Wait for the head that is awaited; with none awaited, finish what there is or close."""
        if self._head_due is None:
            super().shutdown()
            return
        self._is_ending = True
        self._expect_head(LATE_REQUEST_SECONDS)

    def on_headers_complete(self) -> None:
        """The late request is here: its answer is the connection's last."""
        super().on_headers_complete()
        if self._is_ending:
            super().shutdown()

    def _await_head(self) -> None:
        if not self._is_ending:  # the first byte of a late head gives it no more time
            super()._await_head()


class DrainingServer(uvicorn.Server):
    """uvicorn's server, which lets in whoever has connected before it closes its sockets."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let in, then stop as ever."""
        await let_in([listener for server in self.servers for listener in server.sockets])
        await super().shutdown(sockets)


class DrainingSupervisor(Multiprocess):
    """uvicorn's supervisor, whose workers let in whoever has connected before they are told to stop."""

    def terminate_all(self) -> None:
        """Let in, give up the shared socket so that it ends with the workers, and tell them."""
        asyncio.run(let_in(self.sockets))
        for listener in self.sockets:
            listener.close()
        super().terminate_all()


def run(config: uvicorn.Config) -> None:
    """`uvicorn.run`, which knows no other server or supervisor than its own."""
    with suppress(KeyboardInterrupt):
        if config.workers > 1:
            DrainingSupervisor(config, sockets=[config.bind_socket()]).run()
            return
        server = DrainingServer(config)
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


async def let_in(listeners: Sequence[Listener]) -> None:
    """Keep newcomers away and return when everybody before them has been accepted, by whichever process.

    A socket that closes resets whoever waits to be accepted. Newcomers are not refused but left without an answer:
    their system asks again a second later, when nobody listens, and a proxy goes to another service.
    """
    for listener in listeners:
        _keep_newcomers_away(listener)
    deadline = time.monotonic() + LET_IN_SECONDS
    while _is_anybody_waiting(listeners) and time.monotonic() < deadline:  # noqa: ASYNC110 - the kernel knows no Event
        await asyncio.sleep(STEP_SECONDS)
    await asyncio.sleep(STEP_SECONDS)  # handshakes end, and the event loop makes connections of what it accepted


def _keep_newcomers_away(listener: Listener) -> None:
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(NO_NEWCOMERS, len(NO_NEWCOMERS))
    steps = len(NO_NEWCOMERS) // struct.calcsize("HBBI")
    with suppress(OSError):  # a kernel without filters resets who connects in the last instant
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", steps, ctypes.addressof(program)))


def _is_anybody_waiting(listeners: Sequence[Listener]) -> bool:
    with suppress(OSError), selectors.DefaultSelector() as selector:
        for listener in listeners:
            selector.register(listener.fileno(), selectors.EVENT_READ)
        return bool(selector.select(0))
    return False  # no file is left to ask with, nor to accept anybody with
