"""A sign-out is honoured by every worker, `MAX_STALENESS` after its answer at the latest."""

import time

import httpx2
import pytest

from support.member import bearer

PASSWORD = "a lantern in the window"
ENOUGH = 12  # new connections to a process, so that each of its two workers has met the token


@pytest.fixture(scope="module", params=[0.0, 1.0])
def bounded(request, launch_module):
    """Two processes of two workers on one database, and the bound in seconds."""
    first = launch_module("modern", workers=2, env={"DOORWARD_SESSION__MAX_STALENESS": f"{request.param:g}s"})
    second = first.twin().start()
    yield (first, second), request.param
    second.stop()


def asked_everywhere(processes, headers):
    """The statuses that all workers answer, each with the moment before it was asked."""
    found = []
    for process in processes:
        for _ in range(ENOUGH):
            with httpx2.Client(
                base_url=process.url
            ) as client:  # a connection of its own, for any of the workers to take
                begun = time.monotonic()
                found.append((begun, client.get("/v1/session", headers=headers).status_code))
    return found


@pytest.mark.parametrize("how", ["current", "all"])
def test_nobody_is_later(bounded, address, how):
    """Whoever asks after that time is refused, by whichever worker; with a bound of none, whoever asks at all."""
    processes, bound = bounded
    first = processes[0]
    first.create_user(address, PASSWORD, "--verified")
    client, body = first.client(), {"identifier": address, "password": PASSWORD}
    own, other = (bearer(client.post("/v1/sessions", json=body).raise_for_status().json()) for _ in range(2))
    assert {status for _, status in asked_everywhere(processes, own)} == {200}
    path, headers = ("/v1/sessions/current", own) if how == "current" else ("/v1/sessions", other)
    client.delete(path, headers=headers).raise_for_status()
    answered = time.monotonic()
    found = []
    while time.monotonic() < answered + bound + 0.3:
        found += asked_everywhere(processes, own)

    assert {status for _, status in found} <= {200, 401}
    assert [begun - answered for begun, status in found if status == 200 and begun > answered + bound] == []
    assert {status for begun, status in found if begun > answered + bound} == {401}
