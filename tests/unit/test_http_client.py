"""Where a request comes from: the peer, unless a trusted proxy speaks for somebody."""

from ipaddress import ip_address, ip_network

import pytest
from fastapi import Request

from doorward.http.client import address_of, client_of, device_label, network_of

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


def request(peer, *forwarded, agent=""):
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return Request({"type": "http", "client": (peer, 1), "headers": [*headers, (b"user-agent", agent.encode())]})


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["192.0.2.9, 198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["192.0.2.9, 198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.1.2.3", ["192.0.2.9", "198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["evil, 10.9.9.9"], "10.9.9.9"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("::ffff:10.1.2.3", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("::1", ["2001:db8::7%eth0"], "2001:db8::7"),
    ],
)
def test_only_a_trusted_proxy_is_believed(peer, forwarded, address):
    """From the right, the first address that is no trusted proxy is the client."""
    assert address_of(request(peer, *forwarded), TRUSTED) == ip_address(address)


@pytest.mark.parametrize(
    ("address", "network"),
    [("198.51.100.1", "198.51.100.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), (None, "unknown")],
)
def test_limits_count_what_one_customer_has(address, network):
    """One IPv4 address, or a whole IPv6 /64."""
    assert network_of(ip_address(address) if address else None) == network


def test_a_peer_without_an_address_is_nobody():
    """A local socket has none."""
    assert client_of(request("testclient"), TRUSTED).ip_address is None


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("curl/8.0", "curl"),
        ("planted <b>label</b>", None),
    ],
)
def test_a_device_is_a_coarse_label(agent, label):
    """Nothing of the header itself is kept."""
    assert device_label(agent) == label
