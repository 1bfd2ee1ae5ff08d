"""Numbers that say in which order rows were written, without a counter that all writers would queue for."""

import random
import time
from collections.abc import Iterator

BITS = 10


class Numbering:
    """A clock in microseconds with a few random bits; it never goes back, and never gives a number twice.

    Two processes may still hit upon the same number; the unique index then lets the later one try again.
    """

    def __init__(self) -> None:
        self._last = 0
        self.is_behind = True

    def forget(self) -> None:
        """Rows have come from elsewhere: somebody must look what the greatest number is."""
        self.is_behind = True

    def catch_up(self, greatest: int) -> None:
        """Go on behind the greatest number that there was when this process began."""
        self._last = max(self._last, greatest)
        self.is_behind = False

    def after(self, floor: int) -> Iterator[int]:
        """Ascending numbers above one that is known, for an account whose last row a faster clock has written."""
        while True:
            floor = max(self._tick(), floor + 1)
            yield floor

    def _tick(self) -> int:
        now = time.time_ns() // 1000 << BITS | random.getrandbits(BITS)
        self._last = max(now, self._last + 1)
        return self._last
