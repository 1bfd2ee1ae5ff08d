"""Where `doorward dev` listens."""

import socket
from contextlib import closing

from doorward.cli.dev import _listen
from support.program import free_port


def test_the_listener_names_its_protocol():
    """Asyncio looks at it before it switches Nagle's algorithm off, which holds each answer back for 40 ms."""
    with closing(_listen(free_port())) as listener:
        assert listener.proto == socket.IPPROTO_TCP
