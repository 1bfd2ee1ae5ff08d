"""Answers for known and unknown identifiers take the same time, by the ranks of interleaved measurements.

`make test-timing` runs this. Timings are noisy, so that it is no part of `make test`: there, test_equal_work.py counts
what is done.
"""

import http.client
import json
import os
import random
import time
from itertools import cycle

import pytest

from support.member import bearer
from support.ranks import ranked

PAIRS = int(os.environ.get("TEST_TIMING_PAIRS", "0"))
WARM_UP, PEOPLE, FAR, REST = 30, 16, 0.06, 0.05
PASSWORD, WRONG = "Sound of Rain 1!", "Sound of Wind 2?"
SETTINGS = {
    "DOORWARD_HASHING__BCRYPT_COST": "10",
    "DOORWARD_LOCKOUT__MAX_FAILURES": "100",
    "DOORWARD_RESET__MAX_REQUESTS": "1000",
    "DOORWARD_VERIFICATION__RESEND_COOLDOWN": "",
    "DOORWARD_VERIFICATION__MAX_LETTERS_PER_HOUR": "100000",
}
PROFILES = ("modern", "signup-signin", "email-or-phone", "oauth2-password", "code-activation", "link-activation")

pytestmark = pytest.mark.skipif(not PAIRS, reason="measures; run it with `make test-timing`")


class Service:
    """A started service with people in it, and one connection to it."""

    def __init__(self, running):
        self.http = running.client()
        running.create_user("root@example.com", PASSWORD, "--role", "admin", "--verified", "--first-name", "Zoe")
        self.admin = bearer(self.sign_in("root@example.com"))
        self.known = [f"known{number}@example.com" for number in range(PEOPLE)]
        self.unknown = [f"nobody{number}@example.com" for number in range(PEOPLE)]
        for email in self.known:
            body = {"email": email, "password": PASSWORD, "first_name": "Zoe", "last_name": "Oak", "verified": True}
            self.http.post("/v1/admin/users", json=body, headers=self.admin).raise_for_status()
        self.rows = running.rows
        self.connection = http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=30)

    def sign_in(self, email):
        body = {"identifier": email, "password": PASSWORD}
        return self.http.post("/v1/sessions", json=body).raise_for_status().json()

    def seconds(self, method, path, body, headers=None):
        """How long a request takes."""
        content = json.dumps(body)
        start = time.perf_counter()
        self.connection.request(method, path, content, {"Content-Type": "application/json"} | (headers or {}))
        answer = self.connection.getresponse()
        answer.read()
        taken = time.perf_counter() - start
        assert answer.status in (202, 401), answer.status
        return taken

    def settle(self):
        """Let the service finish what a request has left to it, and make the next one begin alike.

        Within a pair one kind follows the other more often than itself: without this, what a request leaves behind
        would be measured at the next one. Whoever measures can wait, too.
        """
        rested = time.perf_counter() + REST
        while self.rows("SELECT 1 FROM outbox WHERE dead_at IS NULL LIMIT 1") or time.perf_counter() < rested:
            time.sleep(0.005)
        self.connection.request("GET", "/v1/policy")
        self.connection.getresponse().read()

    def compare(self, path, known, unknown, *, method="POST", headers=None):
        """Send the bodies of both kinds in turn, in random order within a pair, and rank the times."""
        taken = ([], [])
        self.connection.close()  # the service has ended what was idle; it opens by itself
        for turn, pair in zip(range(WARM_UP + PAIRS), zip(cycle(known), cycle(unknown), strict=False), strict=False):
            for kind in random.sample((0, 1), 2):
                seconds = self.seconds(method, path, pair[kind], headers)
                if turn >= WARM_UP:
                    taken[kind].append(seconds)
                self.settle()
        return ranked(*taken)


@pytest.fixture(scope="module")
def services(launch_module):
    """A service of each profile, started when it is first asked for."""
    started = {}

    def of(profile):
        if profile not in started:
            started[profile] = Service(launch_module(profile, env=SETTINGS))
        return started[profile]

    yield of
    for service in started.values():
        service.connection.close()


def judge(name, found):
    """Print the figures; only what is far from a half is a failure."""
    print(f"\n  {name}: {found}")
    assert abs(found.auc - 0.5) < FAR


@pytest.mark.parametrize("profile", PROFILES)
def test_signing_in(services, profile):
    """A wrong password for an account, and for nobody."""
    service = services(profile)
    bodies = ([{"identifier": name, "password": WRONG} for name in names] for names in (service.known, service.unknown))

    judge(f"{profile} sign-in", service.compare("/v1/sessions", *bodies))


@pytest.mark.parametrize("profile", PROFILES)
def test_forgetting(services, profile):
    """A forgotten password of an account, and of nobody."""
    service = services(profile)
    bodies = ([{"identifier": name} for name in names] for names in (service.known, service.unknown))

    judge(f"{profile} forgot", service.compare("/v1/password/forgot", *bodies))


def test_signing_up(services):
    """A taken address, and a free one."""
    service = services("modern")
    bodies = ([{"email": name, "password": WRONG} for name in names] for names in (service.known, service.unknown))

    judge("modern sign-up", service.compare("/v1/users", *bodies))


def test_resending(services):
    """A sign-up for a taken address, and for a free one."""
    service = services("modern")

    def handle(name):
        answer = service.http.post("/v1/users", json={"email": name, "password": WRONG})
        return {"verification": answer.raise_for_status().json()["verification"]}

    handles = ([handle(name) for name in names] for names in (service.known, service.unknown))

    judge("modern resend", service.compare("/v1/verify/resend", *handles))


def test_asking_for_another_address(services):
    """One that is taken, and one that is free."""
    service = services("modern")
    bodies = ([{"email": name, "password": PASSWORD} for name in names] for names in (service.known, service.unknown))

    judge("modern e-mail", service.compare("/v1/me/email", *bodies, method="PUT", headers=service.admin))
