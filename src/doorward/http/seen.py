"""What arrives here of a caller, for whoever sets up the proxy before it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request

from doorward.http.client import address_of
from doorward.http.config import HttpConfig
from doorward.languages import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request: who connected, for whom he says he speaks, and whether he is believed."""

    peer: str
    client: str
    host: str | None
    forwarded_for: str | None
    forwarded_proto: str | None
    is_proxy_trusted: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """What is amiss with it and what to do; the gaps are for the members of `values`."""

    what: str
    fix: str
    is_wrong: bool = False


_NOT_BELIEVED = Advice(
    N_("X-Forwarded-For comes and is not believed, so everybody counts as one."),
    N_("If {peer} is your proxy, name it: DOORWARD_TRUSTED_PROXIES={network}"),
    is_wrong=True,
)
_NOT_SAID = Advice(
    N_("The proxy does not say for whom it asks, so everybody counts as one."), N_("Let it set X-Forwarded-For.")
)
_OTHER_HOST = Advice(
    N_("You came as {host}, but links in letters lead to {public_host}."),
    N_("Set PUBLIC_URL to the address that people see: https://…"),
)
_NOT_ENCRYPTED = Advice(
    N_("The proxy says that you came without TLS."), N_("Let it lead everybody from http:// to https://.")
)


def seen_of(request: Request, config: HttpConfig) -> Seen:
    """What arrived here of a request."""
    trusted, peer = config.trusted_proxies, address_of(request, ())
    return Seen(
        peer=str(peer),
        client=str(address_of(request, trusted)),
        host=request.headers.get("host"),
        forwarded_for=request.headers.get("x-forwarded-for"),
        forwarded_proto=request.headers.get("x-forwarded-proto"),
        is_proxy_trusted=any(peer in network for network in trusted if peer and network.version == peer.version),
    )


def advice(seen: Seen, public_url: str) -> list[Advice]:
    """What is amiss; nothing, if all is well."""
    public = urlsplit(public_url)
    judged = (
        (seen.forwarded_for and not seen.is_proxy_trusted, _NOT_BELIEVED),
        (seen.is_proxy_trusted and not seen.forwarded_for, _NOT_SAID),
        (seen.host != public.netloc, _OTHER_HOST),
        (public.scheme == "https" and seen.forwarded_proto == "http", _NOT_ENCRYPTED),
    )
    return [found for is_amiss, found in judged if is_amiss]


def values(seen: Seen, public_url: str) -> dict[str, str]:
    """What stands in the gaps of an advice."""
    network = f"{seen.peer}/{128 if ':' in seen.peer else 32}"
    return {"peer": seen.peer, "network": network, "host": seen.host or "-", "public_host": urlsplit(public_url).netloc}
