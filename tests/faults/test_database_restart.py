"""A real database server is stopped, killed or frozen, and started again, under people who use the service."""

import os
import time
from itertools import pairwise

import pytest

from support.own_database import own_database
from support.rows import rows_of
from support.servers import made_on
from support.traffic import Traffic

ROUNDS = int(os.environ.get("TEST_FAULT_ROUNDS", "1"))
ANSWER_SECONDS = 3.0
SLACK_SECONDS = 1.0  # what a busy machine adds
WELL_SECONDS = 5.0


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def database(request):
    with own_database(request.param) as server:
        yield server


def _restart(server):
    server.stop()
    server.start()


def _kill(server):
    server.kill()
    time.sleep(1)
    server.start()


def _freeze(server):
    server.freeze()
    time.sleep(4)
    server.thaw()


def failures(log):
    """What the service has said of faults of its own."""
    lines = log.splitlines()
    return [f"{line} {following}" for line, following in pairwise(lines) if "unexpected failure" in line][:3]


@pytest.mark.parametrize("fault", [_restart, _kill, _freeze], ids=["restarted", "killed", "frozen"])
def test_a_server_that_goes_and_comes_back(database, launch, fault, capsys):
    """503 in time meanwhile, all well soon after without a restart of ours, no 500, nothing half done or lost."""
    url = made_on(database.url, database.kind)
    service = launch("signup-signin", workers=2, env={"DATABASE_URL": url})
    with Traffic(service.url) as traffic:
        for _ in range(ROUNDS):
            time.sleep(1)
            begin = time.monotonic()
            fault(database)
            mended = time.monotonic()
            well_after = traffic.wait_until_well(seconds=WELL_SECONDS)
            settled = time.monotonic()
            time.sleep(1)
            meanwhile = traffic.statuses(begin, settled)
            slowest = max(answer.seconds for answer in traffic.since(begin, mended))
            with capsys.disabled():
                print(f"\n{database.kind} {dict(meanwhile)} slowest {slowest:.2f} s, well after {well_after:.2f} s")

            assert set(meanwhile) <= {200, 201, 503}, failures(service.log())
            assert slowest < ANSWER_SECONDS + SLACK_SECONDS
            assert well_after < WELL_SECONDS
            assert set(traffic.statuses(settled)) <= {200, 201}

    assert "Traceback" not in service.log()
    users = {row["id"]: row["email"] for row in rows_of(url, "users")}
    signed_up = [row["user_id"] for row in rows_of(url, "audit_logs") if row["event_type"] == "SIGNUP"]
    assert sorted(signed_up) == sorted(users)
    assert set(traffic.acknowledged) <= set(users.values())
