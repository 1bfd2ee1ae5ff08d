"""What must not be read in a conversation: name and password of our account, in whatever clothes they come back."""

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote

DOTS = "••••"
LONGEST = 500


class Mask:
    """Puts dots in the place of secrets; what was sent to prove who we are is learned on the way."""

    def __init__(self, username: str | None, password: str | None) -> None:
        pair = f"\0{username or ''}\0{password or ''}"
        self._secrets = {word for part in (password, pair, f"{username}{pair}") if part for word in _clothes(part)}
        self._names = set(_clothes(username)) if username else set()

    def learn(self, sent: Iterable[bytes]) -> None:
        """Remember what was sent as a proof: a server may repeat it in its answer."""
        self._secrets.update(part.decode("latin-1").rstrip("=") for part in sent if part.rstrip(b"="))

    def sent(self, text: str) -> str:
        """A line of ours: it never holds the name but in AUTH, and the sender may be the same address."""
        return _plain(_without(text, self._secrets))

    def heard(self, text: str) -> str:
        """A line of the server, or what is said about it."""
        return _plain(_without(_without(text, self._secrets), self._names, is_word=True))


def _clothes(secret: str) -> Iterable[str]:
    """As it is, percent-encoded, and in base64 with or without its padding (RFC 4616, AUTH LOGIN)."""
    yield secret
    yield quote(secret, safe="")
    yield base64.b64encode(secret.encode()).decode().rstrip("=")


def _without(text: str, secrets: set[str], *, is_word: bool = False) -> str:
    """The longest first, so that no rest of one stays behind."""
    if not secrets:
        return text
    found = "|".join(re.escape(secret) for secret in sorted(secrets, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{found})(?!\w)" if is_word else found, DOTS, text, flags=re.IGNORECASE)


def _plain(text: str) -> str:
    """Nothing that could steer a terminal, and an end."""
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
