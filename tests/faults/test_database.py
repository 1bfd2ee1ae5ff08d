"""The database hangs, is cut off, or goes away and comes back, while people sign up, sign in and are checked.

Between the service and the server stands a proxy, so that a server which others use need not be touched.
`make test-faults` repeats each fault; TEST_FAULT_ROUNDS says how often.
"""

import os
import time
from collections import Counter

import pytest

from support import servers
from support.proxy import Proxy
from support.rows import rows_of
from support.traffic import Traffic

ROUNDS = int(os.environ.get("TEST_FAULT_ROUNDS", "1"))
FAULT_SECONDS = 4
ANSWER_SECONDS = 3.0
SLACK_SECONDS = 1.0  # what a busy machine adds
WELL_SECONDS = 5.0


SMOKE = [
    pytest.param(kind, marks=pytest.mark.smoke) if kind == "postgresql" else kind
    for kind in (*servers.KINDS, "mongodb")
]


@pytest.fixture(params=SMOKE)
def served(request, launch):
    """A service with two workers, and the proxy before its database."""
    scratch = servers.scratch(request.param)
    proxy, url = Proxy.before(scratch.url)
    url = url.replace("replicaSet=rs0", "directConnection=true")  # or the driver would find the way round the proxy
    service = launch("signup-signin", workers=2, env={"DATABASE_URL": url})
    yield service, proxy, scratch
    service.stop()
    proxy.stop()
    scratch.drop()


def _freeze(proxy):
    proxy.freeze()
    return proxy.thaw


def _take_away(proxy):
    proxy.down()
    return proxy.up


@pytest.mark.parametrize("fault", [_freeze, _take_away], ids=["frozen", "gone"])
def test_a_database_that_cannot_be_used(served, fault, capsys):
    """Whoever asks meanwhile hears 503 in time; afterwards all is well without a restart, and nothing is half done."""
    service, proxy, scratch = served
    with Traffic(service.url) as traffic:
        for _ in range(ROUNDS):
            time.sleep(1)
            begin = time.monotonic()
            heal = fault(proxy)
            time.sleep(FAULT_SECONDS)
            heal()
            healed = time.monotonic()
            well_after = traffic.wait_until_well(seconds=WELL_SECONDS)
            settled = time.monotonic()
            time.sleep(1)
            meanwhile = Counter(answer.status for answer in traffic.under_way(begin, healed))
            slowest = max(answer.seconds for answer in traffic.under_way(begin, healed))
            with capsys.disabled():
                print(f"\n{scratch.kind} {dict(meanwhile)} slowest {slowest:.2f} s, well after {well_after:.2f} s")

            assert set(meanwhile) <= {200, 201, 503}
            assert meanwhile[503]
            assert slowest < ANSWER_SECONDS + SLACK_SECONDS
            assert well_after < WELL_SECONDS
            assert set(traffic.statuses(settled)) <= {200, 201}

    assert "Traceback" not in service.log()
    _nothing_is_half_done(service, scratch, traffic)


def test_connections_that_are_cut_cost_nobody_an_answer(served):
    """Idle or busy, a connection that dies is replaced; only who waited for a commit hears that nobody knows."""
    service, proxy, scratch = served
    with Traffic(service.url) as traffic:
        for _ in range(5 * ROUNDS):
            time.sleep(0.5)
            proxy.cut()
        time.sleep(1)

    statuses = traffic.statuses(0)
    assert set(statuses) <= {200, 201, 503}
    assert statuses[503] <= 10 * ROUNDS  # five people at most are at work when a connection is cut
    _nothing_is_half_done(service, scratch, traffic)


def _nothing_is_half_done(service, scratch, traffic):
    """Each account has its audit row and each audit row its account; nobody who was told so is missing."""
    users = {row["id"]: row["email"] for row in rows_of(scratch.url, "users")}
    signed_up = [row["user_id"] for row in rows_of(scratch.url, "audit_logs") if row["event_type"] == "SIGNUP"]
    assert sorted(signed_up) == sorted(users)
    assert set(traffic.acknowledged) <= set(users.values())
