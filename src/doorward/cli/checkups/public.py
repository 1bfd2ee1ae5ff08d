"""PUBLIC_URL as others see it: whether this service answers there, and what reaches it of the caller."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from doorward.bootstrap import Service
from doorward.cli.checkups.finding import Finding
from doorward.http.operations import SEEN_HEADER, seen_proof
from doorward.http.seen import Seen, advice, values

SECONDS = 5.0
SKEW = 5.0


async def check_public_url(service: Service) -> AsyncIterator[Finding]:
    """Call it; the service answers a caller who has its secret with what it saw of the request."""
    url = service.auth.parts.public_url
    proof = seen_proof(service.auth.parts.secrets, service.auth.parts.now())
    try:
        body, headers = await asyncio.to_thread(_fetch, f"{url}/health", proof)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        yield Finding.note(
            "public url", f"{url} does not answer ({reason}).", "Start the service; check DNS, proxy and certificate."
        )
        return
    if "checks" not in body:
        yield Finding.wrong("public url", f"{url}/health is no Doorward.", "Check PUBLIC_URL and the proxy's routes.")
        return
    yield Finding.ok("public url", f"{url} answers: {body['status']}")
    skew = abs(parsedate_to_datetime(headers["Date"]).timestamp() - time.time()) if headers.get("Date") else 0.0
    if skew > SKEW:
        yield Finding.wrong("clock", f"{url} is {skew:.0f} s off from here.", "Set both clocks (NTP).")
    yield _seen(body.get("seen"), url)


def _seen(told: dict[str, Any] | None, public_url: str) -> Finding:
    if told is None:
        return Finding.wrong(
            "headers", "The service there does not know this SECRET_KEY.", "Run the doctor with the service's settings."
        )
    seen = Seen(**told)
    shown, gaps = ", ".join(f"{name}={value}" for name, value in told.items() if value), values(seen, public_url)
    for amiss in advice(seen, public_url):
        tell = Finding.wrong if amiss.is_wrong else Finding.note
        return tell("headers", f"{amiss.what.format(**gaps)} {shown}", amiss.fix.format(**gaps))
    return Finding.ok("headers", shown)


def _fetch(url: str, proof: str) -> tuple[dict[str, Any], dict[str, str]]:
    request = Request(url, headers={SEEN_HEADER: proof})  # noqa: S310 - PUBLIC_URL is http or https
    try:
        with urlopen(request, timeout=SECONDS, context=ssl.create_default_context()) as answer:  # noqa: S310 - see above
            return json.loads(answer.read(65536)), dict(answer.headers)
    except HTTPError as error:
        with error:
            return json.loads(error.read(65536)), dict(error.headers)
    except URLError as error:
        raise OSError(str(error.reason)) from None
