"""Where a request comes from."""

import ipaddress
import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from fastapi import Request

from doorward.domain.events import Client
from doorward.languages import preferred

LANGUAGE_COOKIE = "doorward_language"
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_WITH_PORT = re.compile(r"^(?:\[([^\]]+)\]|([0-9.]+))(?::[0-9]+)?$")
_TOOLS = (("curl/", "curl"), ("python-", "Python"), ("okhttp", "an app"), ("PostmanRuntime", "Postman"))


def client_of(request: Request, trusted: Sequence[Network]) -> Client:
    """The client's address and device, as they are kept, and in which language to write to him."""
    address = address_of(request, trusted)
    return Client(
        ip_address=str(address) if address else None,
        device=device_label(request.headers.get("user-agent", "")),
        network=network_of(address),
        language=language_of(request),
    )


def wants_page(request: Request) -> bool:
    """Whether people read the answer, and no program."""
    return "text/html" in request.headers.get("accept", "")


def language_of(request: Request) -> str:
    """What was chosen on a page, else what the browser asks for."""
    return preferred(request.headers.get("accept-language", ""), request.cookies.get(LANGUAGE_COOKIE))


def address_of(request: Request, trusted: Sequence[Network]) -> Address | None:
    """The peer's address; only a trusted proxy may speak for somebody else.

    X-Forwarded-For is read from the right: the first address that is no trusted proxy is the client.
    """
    peer = _parse(request.client.host if request.client else "")
    if peer is None or not _is_trusted(peer, trusted):
        return peer
    hops = [hop for line in request.headers.getlist("x-forwarded-for") for hop in line.split(",")]
    for hop in reversed(hops[-32:]):
        address = _parse(hop.strip())
        if address is None:
            return peer
        peer = address
        if not _is_trusted(address, trusted):
            return address
    return peer


def network_of(address: Address | None) -> str:
    """What limits are counted by: an IPv4 address, or the /64 of an IPv6 one (one customer has at least that)."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address or "unknown")


def device_label(user_agent: str) -> str | None:
    """A coarse label such as `Firefox on Linux`: enough to recognise one's own device, and nothing of the header."""
    head = user_agent[:400]
    browser = next((name for mark, name in _BROWSERS if mark in head), None)
    system = next((name for mark, name in _SYSTEMS if mark in head), None)
    if browser and system:
        return f"{browser} on {system}"
    return next((name for mark, name in _TOOLS if mark in head), None)


def _parse(text: str) -> Address | None:
    bare = _WITH_PORT.sub(r"\1\2", text.strip('"'))
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted if network.version == address.version)
