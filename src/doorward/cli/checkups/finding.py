"""What a check-up says."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `doorward doctor`: what was tried, how it went, and how to mend it."""

    name: str
    state: Literal["ok", "note", "wrong"]
    what: str
    fix: str = ""

    @classmethod
    def ok(cls, name: str, what: str) -> "Finding":
        """It works."""
        return cls(name, "ok", what)

    @classmethod
    def note(cls, name: str, what: str, fix: str) -> "Finding":
        """It works, and could be better."""
        return cls(name, "note", what, fix)

    @classmethod
    def wrong(cls, name: str, what: str, fix: str) -> "Finding":
        """It does not work."""
        return cls(name, "wrong", what, fix)
