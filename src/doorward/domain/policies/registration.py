"""Who may sign up and what a sign-up must say."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from doorward.domain.errors import Violation

Member = Literal["email", "phone", "username", "password", "first_name", "last_name"]
Told = Literal["first_name", "last_name", "date_of_birth", "address", "comments"]
MAX_NAME = 100
MAX_TEXT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationPolicy:
    """Rules for signing up.

    Attributes:
        duplicates: `reveal` answers 409 for a taken identifier, `conceal` never tells (OWASP ASVS 5.0, 6.3.8).
        required_fields: members that must be present and not blank.
        optional_fields: members of the profile that pages ask for besides.
        open: whether strangers may sign up; administrators always may create users.
    """

    duplicates: Literal["reveal", "conceal"] = "conceal"
    required_fields: tuple[Member, ...] = ("email", "password")
    optional_fields: tuple[Told, ...] = ("first_name", "last_name")
    open: bool = True

    @property
    def conceals(self) -> bool:
        return self.duplicates == "conceal"

    def missing(self, given: Mapping[str, object]) -> list[Violation]:
        """One violation for each required member that is absent or blank."""
        blank = [name for name in self.required_fields if not str(given.get(name) or "").strip()]
        return [Violation(f"/{name}", "required") for name in blank]


def check_text(pointer: str, text: str, *, max_length: int) -> list[Violation]:
    """Refuse control characters (they could forge mail headers and log lines) and overlong text."""
    if len(text) > max_length:
        return [Violation(pointer, "too_long", {"max": max_length})]
    if text.isascii() and text.isprintable():
        return []
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text):
        return [Violation(pointer, "control_character")]
    return []
