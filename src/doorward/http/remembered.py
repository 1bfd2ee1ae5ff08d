"""What was found out about access tokens a moment ago, until it is too old or somebody says that it has changed."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from doorward.domain.actor import Current

MOST = 10_000
"""Tokens that are remembered at a time: some ten megabytes."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An access token that was good at `read_at` (of the monotonic clock), and the answers to those who show it."""

    current: Current
    read_at: float
    good_until: float
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]


class RememberedSessions:
    """Good tokens by their digest. An entry counts for `max_age` seconds at most, whatever gets lost on the way.

    Args:
        max_age: in seconds; 0 remembers nothing.
    """

    def __init__(self, max_age: float) -> None:
        self.max_age = max_age
        self._checked: dict[bytes, Checked] = {}
        self._outdated: dict[UUID, float] = {}

    def find(self, token: str) -> Checked | None:
        """What is known of a token."""
        found = self._checked.get(_digest(token))
        if found is None or time.monotonic() >= found.good_until or self._is_outdated(found):
            return None
        return found

    def keep(self, token: str, checked: Checked) -> None:
        """Remember a token, unless something of it has changed since it was read."""
        if self.max_age <= 0 or self._is_outdated(checked):
            return
        key = _digest(token)
        self._checked.pop(key, None)
        while len(self._checked) >= MOST:
            del self._checked[next(iter(self._checked))]
        self._checked[key] = checked

    def forget(self, ids: Collection[UUID]) -> None:
        """Something about these sessions, or the sessions of these users, has changed."""
        now = time.monotonic()
        for one in ids:
            self._outdated.pop(one, None)
            self._outdated[one] = now
        while self._outdated and (first := next(iter(self._outdated.items())))[1] < now - 2 * self.max_age - READING:
            del self._outdated[first[0]]

    def _is_outdated(self, checked: Checked) -> bool:
        outdated, current = self._outdated, checked.current
        if not outdated:
            return False
        at = max(outdated.get(current.session.id, 0.0), outdated.get(current.user.id, 0.0))
        return at >= checked.read_at


READING = 30.0
"""Seconds after which nobody still holds what he had read before a change."""


def _digest(token: str) -> bytes:
    return sha256(token.encode("latin-1", "replace")).digest()
