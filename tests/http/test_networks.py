"""Whose address counts: limits and audit rows follow the client, and nobody chooses his own."""

import pytest

from support.person import outcome

LIMIT = {"DOORWARD_LIMITS__FORGOT": "2/hour"}
BODY = {"identifier": "nobody@example.com"}


@pytest.fixture(scope="module")
def direct(launch_module):
    """Reached without a proxy."""
    return launch_module("modern", env=LIMIT)


@pytest.fixture(scope="module")
def behind(launch_module):
    """Behind a proxy on this machine, with another one further out."""
    return launch_module(
        "modern", env=LIMIT | {"DOORWARD_TRUSTED_PROXIES": "127.0.0.0/8,192.0.2.0/24,2001:db8:ffff::/48"}
    )


def ask(service, *forwarded, **headers):
    """Ask for a reset; whether it was counted against a limit that is spent."""
    lines = [("X-Forwarded-For", line) for line in forwarded] + list(headers.items())
    return service.client().post("/v1/password/forgot", json=BODY, headers=lines).status_code


def test_an_untrusted_peer_speaks_for_itself_only(direct):
    """Whatever it says about where it comes from, the third request is one too many; the headers say so."""
    forged = ["203.0.113.1", "127.0.0.1", "::1", "203.0.113.2, 203.0.113.3"]

    first = [ask(direct, forged[0]), ask(direct, forged[1])]
    then = [ask(direct, text) for text in forged]
    forwarded = ask(direct, Forwarded="for=203.0.113.9")
    real = direct.client().post("/v1/password/forgot", json=BODY, headers={"X-Real-IP": "203.0.113.9"})

    assert first == [202, 202]
    assert {*then, forwarded} == {429}
    assert outcome(real) == (429, "too_many_requests")
    assert "Retry-After" in real.headers


@pytest.mark.parametrize(
    ("spent", "same", "other"),
    [
        (["198.51.100.1", "198.51.100.1"], "198.51.100.1", "198.51.100.2"),
        (["198.51.100.11:4711", "198.51.100.11:4712"], "198.51.100.11", "198.51.100.12:4711"),
        (["2001:db8:1:1::1", "2001:db8:1:1::2"], "2001:db8:1:1:ffff::3", "2001:db8:1:2::1"),
        (["[2001:db8:2:1::1]:443", "[2001:db8:2:1::2]"], "2001:db8:2:1::3", "[2001:db8:2:2::1]:443"),
        (["::ffff:198.51.100.21", "198.51.100.21"], "[::ffff:198.51.100.21]:80", "::ffff:198.51.100.22"),
        (["2001:DB8:3:1:0:0:0:1", "2001:db8:3:1::1"], "2001:0db8:0003:0001::9", "2001:db8:3:2::1"),
    ],
    ids=["IPv4", "with a port", "one /64", "/64 with a port", "mapped", "spelling"],
)
def test_a_trusted_proxy_names_the_network(behind, spent, same, other):
    """Each network has its own count, however an address is written; an IPv6 customer has one for all of his."""
    assert [ask(behind, text) for text in spent] == [202, 202]
    assert ask(behind, same) == 429
    assert ask(behind, other) == 202


def test_only_what_the_outermost_trusted_proxy_saw_counts(behind):
    """The client may have written the rest himself; trusted proxies in between are passed over."""
    client = "198.51.100.31"
    assert [ask(behind, f"203.0.113.{n}, {client}") for n in (1, 2)] == [202, 202]

    answers = [
        ask(behind, f"203.0.113.3, {client}"),
        ask(behind, "203.0.113.4", client),
        ask(behind, f"{client}, 192.0.2.7, 127.0.0.1"),
        ask(behind, f"{client}, 2001:db8:ffff::1"),
        ask(behind, f"127.0.0.1, {client}"),
    ]

    assert answers == [429] * 5


def test_what_is_no_address_is_not_believed(behind):
    """Then the last hop that made sense counts, and nothing breaks."""
    odd = ["unknown", "", "198.51.100.999", "<script>", "x" * 5000, "198.51.100.41;DROP", "_hidden", "1" * 40]

    statuses = [ask(behind, text) for text in odd]

    assert statuses[:2] == [202, 202]
    assert set(statuses[2:]) == {429}
