"""Addresses and where they are."""

import pytest

from doorward.domain.place import address_of, is_nearby


@pytest.mark.parametrize("text", [None, "", "unknown", "203.0.113", "localhost"])
def test_what_is_no_address_is_none(text):
    """Whatever was kept in its place."""
    assert address_of(text) is None


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.0.9", "::1", "fd00::1"]
)
def test_private_addresses_are_nearby(text):
    """Each network has them."""
    assert is_nearby(address_of(text))


@pytest.mark.parametrize("text", ["203.0.113.7", "172.32.0.1", "100.64.0.1", "2001:db8::7"])
def test_other_addresses_are_somewhere_in_the_world(text):
    """Those behind a provider's translation too (RFC 6598): they are in no network of one's own."""
    assert not is_nearby(address_of(text))
