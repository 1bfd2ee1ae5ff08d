"""`doorward serve` told to stop (SIGTERM): who has a connection is answered, who says nothing is not waited for."""

import os
import select
import signal
import socket
import threading
import time
from pathlib import Path

import httpx2
import pytest

REQUEST = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
LATE_REQUEST_SECONDS = 1
STOPS = 4


@pytest.fixture(params=[1, 2], ids=["one worker", "two workers"])
def service(request, launch):
    """The service, started for one test, because that test ends it."""
    return launch("modern", workers=request.param)


def connect(service):
    host, port = service.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=15)


def answered(connection):
    """All that comes until the service closes."""
    return b"".join(iter(lambda: connection.recv(4096), b""))


def stop_seconds(service):
    began = time.monotonic()
    service.stop()
    return time.monotonic() - began


def told_to_stop(service):
    service.process.send_signal(signal.SIGTERM)


def test_a_request_that_comes_late_is_answered(service):
    """Who had connected just before the signal and speaks 0.2 seconds after it is served, once."""
    with connect(service) as connection:
        told_to_stop(service)
        assert service.logged("Shutting down")
        time.sleep(0.2)
        connection.sendall(REQUEST)
        answer = answered(connection)

    assert answer.startswith(b"HTTP/1.1 200")


def test_a_request_that_comes_in_pieces_is_answered(service):
    """Half a head when the signal comes, the other half after it."""
    with connect(service) as connection:
        connection.sendall(REQUEST[:20])
        told_to_stop(service)
        assert service.logged("Shutting down")
        time.sleep(0.2)
        connection.sendall(REQUEST[20:])
        answer = answered(connection)

    assert answer.startswith(b"HTTP/1.1 200")


def test_a_silent_connection_is_not_waited_for_long(service):
    """A connection that never says anything holds the stop up for about a second."""
    with connect(service) as connection:
        took = stop_seconds(service)
        assert connection.recv(1) == b""

    assert took < LATE_REQUEST_SECONDS + 4


def test_half_a_head_is_not_waited_for_long(service):
    """A byte now and then does not hold it up either."""
    with connect(service) as connection:
        connection.sendall(REQUEST[:20])
        stopping = threading.Thread(target=service.stop)
        began = time.monotonic()
        stopping.start()
        try:
            while stopping.is_alive() and time.monotonic() < began + 12:
                connection.sendall(b"a")
                time.sleep(0.1)
        except ConnectionError:
            pass
        stopping.join(15)

    assert time.monotonic() - began < LATE_REQUEST_SECONDS + 4


def test_a_kept_connection_is_closed_at_once(service):
    """One that had its answer and waits for nothing is closed while another is still given time to speak."""
    with connect(service) as kept, connect(service) as silent:
        kept.sendall(REQUEST)
        answer = b""
        while not answer.endswith(b"}}"):
            answer += kept.recv(4096)
        told_to_stop(service)
        assert answered(kept) == b""
        assert not select.select([silent], (), (), 0)[0]


@pytest.mark.parametrize("workers", [1, 2])
def test_whoever_connects_is_answered(launch, workers):
    """Connections opened without a break while it is stopped, again and again: each is served or never came to be."""
    service = launch("modern", workers=workers)
    dropped = []
    for _ in range(STOPS):
        callers = [threading.Thread(target=call_until_refused, args=(service, dropped)) for _ in range(4)]
        for caller in callers:
            caller.start()
        time.sleep(0.3)
        service.stop()
        for caller in callers:
            caller.join(30)
        service.start()

    assert dropped == []


def call_until_refused(service, dropped):
    """Connect and ask, until nobody listens; note each connection that was made and not answered."""
    while True:
        try:
            connection = connect(service)
        except OSError:
            return
        with connection:
            try:
                connection.sendall(REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
                answer = answered(connection)
            except OSError as error:
                answer = repr(error).encode()
        if not answer.startswith(b"HTTP/1.1 200"):
            dropped.append(answer)


def workers_of(service):
    """The processes that serve, and not those that only keep account of them."""
    listed = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children")
    if not listed.exists():
        pytest.skip("this system does not list a process's children")
    commands = {int(pid): Path(f"/proc/{pid}/cmdline") for pid in listed.read_text().split()}
    return {pid for pid, command in commands.items() if b"spawn_main" in command.read_bytes()}


def two_others(service, before):
    """Whether two workers serve that were not there before, or soon will."""
    deadline = time.monotonic() + 40
    while len(workers_of(service)) != 2 or workers_of(service) & before:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_workers_are_replaced_as_ever(launch):
    """On SIGHUP, each by a new one; those that die, too; and the stop afterwards is none the worse for it."""
    service = launch("modern", workers=2)
    first = workers_of(service)
    service.process.send_signal(signal.SIGHUP)
    assert two_others(service, first)
    second = workers_of(service)
    for pid in second:
        os.kill(pid, signal.SIGKILL)
    assert two_others(service, second)
    assert httpx2.get(f"{service.url}/health", timeout=60).status_code == 200  # a process is there before it serves

    with connect(service) as connection:
        told_to_stop(service)
        time.sleep(0.2)
        connection.sendall(REQUEST)

        assert answered(connection).startswith(b"HTTP/1.1 200")
