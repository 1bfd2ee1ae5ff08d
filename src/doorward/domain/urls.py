"""Reading URLs that may hold a password."""

from urllib.parse import SplitResult, urlsplit


def split_url(url: str, *, shape: str) -> SplitResult:
    """Take a URL apart; its port is a number.

    The library's own words repeat what it stumbled over, and that is the password where it was not percent-encoded.

    Raises:
        ValueError: it is none; the error says what it should look like.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port  # judged only when it is asked for
    except ValueError:
        raise ValueError(f"write it as {shape} with any of /?#@:[]% in the password percent-encoded") from None
    return parts


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    head, at, rest = url.rpartition("@")
    scheme, slashes, user = head.partition("://")
    return f"{scheme}{slashes}{user.partition(':')[0]}:***@{rest}" if at and ":" in user else url
