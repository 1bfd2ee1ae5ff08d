"""Races around the correction of an address, with real parallel requests against two workers on one database."""

import secrets
import time

import pytest

PASSWORD = "a lantern in the window"
ENV = {
    "DOORWARD_VERIFICATION__RESEND_COOLDOWN": "",
    "DOORWARD_LIMITS__REGISTER": "100000/hour",
    "DOORWARD_LIMITS__VERIFY": "100000/hour",
    "DOORWARD_HASHING__QUEUE": "200",
    "DOORWARD_LOCKOUT__MAX_FAILURES": "100",
}
CROWD = 12


@pytest.fixture(scope="module", params=["modern", "code-activation"])
def profile(request):
    return request.param


@pytest.fixture(scope="module")
def service(launch_twins, profile):
    return launch_twins(profile=profile, workers=2, env=ENV)


@pytest.fixture
def waiting(service, profile, volley, call, mailbox):
    """Sign up with a mistyped address; ways to correct it and to prove it, and its code."""

    def sign_up(email):
        (answer,) = volley(service.url, [call("/v1/users", {"email": email, "password": PASSWORD})])
        code = mailbox.code(email)
        if profile == "modern":
            handle = {"verification": answer.json()["verification"]}
            prove = call("/v1/verify", handle | {"code": code})
            return lambda to: call("/v1/verify/address", handle | {"email": to, "password": PASSWORD}), prove
        prove = call("/v1/users/activate", {"code": code}, basic=(email, PASSWORD))
        return lambda to: call("/v1/users/correct-address", {"email": to}, basic=(email, PASSWORD)), prove

    return sign_up


def drain(service):
    deadline = time.monotonic() + 30
    while service.records("outbox", dead_at=None) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert service.records("outbox", dead_at=None) == []


def statuses(answers):
    return [answer.status if answer else 0 for answer in answers]


def held(service, profile, addresses):
    """Who waits or is there for one of the addresses."""
    tables = ("registrations", "users") if profile == "modern" else ("users",)
    return [row for table in tables for email in addresses for row in service.records(table, email=email)]


def test_of_corrections_at_once_one_comes_about(service, profile, waiting, volley, mailbox, rounds):
    """Twelve addresses at once: one is answered 202, it alone waits and it alone gets a letter."""
    for _ in range(rounds):
        mistyped, *wanted = (f"{secrets.token_hex(6)}@example.com" for _ in range(CROWD + 1))
        correct, _prove = waiting(mistyped)

        found = statuses(volley(service.url, [correct(to) for to in wanted]))
        drain(service)

        assert found.count(202) == 1, found
        assert set(found) <= {202, 401, 410, 429}
        winner = wanted[found.index(202)]
        assert [row["email"] for row in held(service, profile, [mistyped, *wanted])] == [winner]
        assert [to for to in wanted if mailbox.messages(to)] == [winner]


def test_a_correction_beside_a_proof(service, profile, waiting, volley, rounds):
    """Either the mistyped address is proven, or the other one waits; never both, never neither."""
    for _ in range(rounds * 2):
        mistyped, meant = (f"{secrets.token_hex(6)}@example.com" for _ in range(2))
        correct, prove = waiting(mistyped)

        corrected, proven = statuses(volley(service.url, [correct(meant), prove]))

        (row,) = held(service, profile, [mistyped, meant])
        assert (corrected, proven).count(202) + (corrected, proven).count(200) == 1, (corrected, proven)
        assert row["email"] == (meant if corrected == 202 else mistyped)
        assert bool(row.get("verified_at")) == (proven == 200)
