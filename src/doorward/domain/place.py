"""Roughly where an address is."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_network

Address = IPv4Address | IPv6Address
NEARBY = tuple(
    ip_network(text)
    for text in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)
"""This machine, private networks (RFC 1918, RFC 4193) and the link itself (RFC 3927, RFC 4291)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A city, or only a country.

    Attributes:
        city: its names by language, such as `de` or `pt-BR`.
        country: likewise.
        territory: the country's code (ISO 3166-1), if there is one.
    """

    city: Mapping[str, str] = field(default_factory=dict)
    country: Mapping[str, str] = field(default_factory=dict)
    territory: str = ""


def address_of(text: str | None) -> Address | None:
    """Read an address as it was kept; None if it is none."""
    try:
        return ipaddress.ip_address(text or "")
    except ValueError:
        return None


def is_nearby(address: Address) -> bool:
    """Whether the address says nothing about where in the world it is, because each network has it."""
    return any(address in network for network in NEARBY if network.version == address.version)
