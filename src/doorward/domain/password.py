"""A password as typed; it never shows itself."""

import unicodedata
from dataclasses import dataclass, field

MAX_BYTES = 1024
UNUSABLE = "!"
"""What stands in the place of a hash where there is no password yet; nothing matches it."""


@dataclass(frozen=True, slots=True)
class Password:
    """A password, kept exactly as typed but for Unicode normal form C."""

    text: str = field(repr=False)

    @classmethod
    def typed(cls, text: str) -> "Password":
        """Take what a person typed; NFC, so that two keyboards give one password (NIST SP 800-63B §3.1.1.2)."""
        return cls(unicodedata.normalize("NFC", text))

    @property
    def is_hashable(self) -> bool:
        """Whether it is Unicode, short enough to be hashed, and has no NUL, which some hashes cut at."""
        try:
            return len(self.text.encode()) <= MAX_BYTES and "\0" not in self.text
        except UnicodeEncodeError:  # half a surrogate pair
            return False

    def has_upper(self) -> bool:
        return any(c.isupper() for c in self.text)

    def has_lower(self) -> bool:
        return any(c.islower() for c in self.text)

    def has_digit(self) -> bool:
        return any(c.isdecimal() for c in self.text)

    def has_special(self) -> bool:
        return any(is_special(c) for c in self.text)

    def without(self, words: tuple[str, ...]) -> str:
        """What is left, in lower case, when the user's own words are taken out."""
        rest = self.text.casefold()
        for word in sorted(words, key=len, reverse=True):
            rest = rest.replace(word.casefold(), "")
        return rest


def is_special(character: str) -> bool:
    """Anything that is not a letter, digit, space or control character."""
    return unicodedata.category(character)[0] in "MPS"
