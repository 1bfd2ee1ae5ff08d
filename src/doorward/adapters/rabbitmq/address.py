"""Where the broker is."""

from urllib.parse import parse_qs, urlencode, urlunsplit

from doorward.domain.urls import split_url

HEARTBEAT_SECONDS = 10
SHAPE = "amqp://user:password@host:5672/vhost or amqps://…"


def parse_address(url: str) -> str:
    """The URL as the driver takes it, with a heartbeat.

    Raises:
        ValueError: what is wrong with the URL; it never repeats the password.
    """
    parts = split_url(url, shape=SHAPE)
    if parts.scheme not in ("amqp", "amqps") or not parts.hostname:
        raise ValueError(f"write it as {SHAPE}")
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    query = urlencode({"heartbeat": HEARTBEAT_SECONDS, "name": "doorward"} | asked)
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", query, ""))
