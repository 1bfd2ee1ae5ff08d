"""Where addresses are."""

from datetime import datetime
from typing import Protocol

from doorward.domain.place import Address, Place


class Places(Protocol):
    """Knows places by address, offline: nobody is asked over the network."""

    @property
    def name(self) -> str:
        """What it is called, such as `GeoLite2-City`."""

    @property
    def made_at(self) -> datetime:
        """How fresh it is."""

    def find(self, address: Address) -> Place | None:
        """Where the address is; None if that is not known."""

    def close(self) -> None:
        """Let go of the file."""
