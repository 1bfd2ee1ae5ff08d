"""Redis hangs, is emptied, or is killed, while people sign in and out: nobody is signed in who should not be."""

import os
import secrets
import time

import pytest

from support.own_redis import own_redis
from support.traffic import PASSWORD, Traffic

ROUNDS = int(os.environ.get("TEST_FAULT_ROUNDS", "1"))
ASKED = 20  # often enough to reach both workers
LONGER_THAN_AN_ENTRY = 1.5


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    with own_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def service(launch_module, program):
    return launch_module("signup-signin", workers=2, env={"REDIS_URL": program.url})


def _freeze(program):
    program.freeze()
    return program.thaw


def _kill(program):
    program.kill()
    return program.start


def _flush(program):
    program.flush()
    return program.flush


FAULTS = {"frozen": _freeze, "killed": _kill, "flushed": _flush}


@pytest.fixture(params=FAULTS)
def fault(request, program):
    """Break Redis; what is called at the end mends it."""
    healers = []

    def break_it():
        healers.append(FAULTS[request.param](program))

    def mend():
        while healers:
            healers.pop()()

    yield break_it, mend
    mend()


class Member:
    """Somebody with an account."""

    def __init__(self, service):
        self.http = service.client()
        self.email = f"{secrets.token_hex(8)}@example.com"
        body = {"email": self.email, "password": PASSWORD, "first_name": "Ada", "last_name": "Lovelace"}
        self.http.post("/signup", json=body).raise_for_status()

    def session(self):
        body = {"identifier": self.email, "password": PASSWORD, "delivery": "token"}
        return self.http.post("/v1/sessions", json=body)

    def asks(self, token, times=ASKED):
        """What a token is answered on fresh connections, so that both workers are asked."""
        headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
        return {self.http.get("/v1/me", headers=headers).status_code for _ in range(times)}


@pytest.mark.smoke
@pytest.mark.parametrize("turn", range(ROUNDS))
def test_no_token_outlives_its_end(service, fault, turn):
    """Signed out before the fault, within it, or by a change of the password: refused by every worker ever after."""
    break_it, mend = fault
    member = Member(service)
    before, within, others = (member.session().json() for _ in range(3))
    for one in (before, within, others):
        assert member.asks(one["access_token"]) == {200}
    assert _sign_out(member, before).is_success
    break_it()
    during = {
        "signed out before": member.asks(before["access_token"]),
        "sign-out": {_sign_out(member, within).status_code},
        "signed out within": member.asks(within["access_token"]),
        "sign-in": {member.session().status_code},
        "refresh": {member.http.post("/v1/sessions/refresh", json=_refresh(others)).status_code},
    }
    mend()
    time.sleep(0.2)
    soon = [member.asks(one["access_token"]) for one in (before, within)]
    time.sleep(LONGER_THAN_AN_ENTRY)
    late = [member.asks(one["access_token"]) for one in (before, within)]

    assert during == {
        "signed out before": {401},
        "sign-out": {200},
        "signed out within": {401},
        "sign-in": {200},
        "refresh": {200},
    }
    assert soon == late == [{401}, {401}]


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_no_lock_is_forgiven(service, fault, turn):
    """An account that wrong passwords have locked stays locked, and failures before the fault count on."""
    break_it, mend = fault
    locked, halfway = Member(service), Member(service)
    _fail(locked, 4)
    _fail(halfway, 3)
    break_it()
    _fail(halfway, 1)
    during = locked.session().status_code, halfway.session().status_code
    mend()
    time.sleep(LONGER_THAN_AN_ENTRY)

    assert during == (423, 423)
    assert (locked.session().status_code, halfway.session().status_code) == (423, 423)


def test_everybody_goes_on(service, fault):
    """While Redis cannot be used nobody is refused who would not be otherwise, and nothing breaks."""
    break_it, mend = fault
    with Traffic(service.url) as traffic:
        time.sleep(0.5)
        break_it()
        time.sleep(2)
        mend()
        time.sleep(2)

    assert set(traffic.statuses(0)) <= {200, 201}
    assert "Traceback" not in service.log()


def test_health_tells_and_readiness_does_not(service, program):
    """Operators see that Redis is down; a load balancer keeps sending people."""
    program.freeze()
    try:
        time.sleep(2.5)  # an outcome counts for two seconds
        health, ready = service.client().get("/health"), service.client().get("/readyz")
    finally:
        program.thaw()

    assert (health.status_code, health.json()["checks"]["redis"]) == (503, "unavailable")
    assert ready.status_code == 200


def _sign_out(member, session):
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    return member.http.delete("/v1/sessions/current", headers=headers)


def _refresh(session):
    return {"refresh_token": session["refresh_token"]}


def _fail(member, times):
    for _ in range(times):
        body = {"email": member.email, "password": "Wrong-" + PASSWORD}
        assert member.http.post("/signin", json=body).status_code == 401
