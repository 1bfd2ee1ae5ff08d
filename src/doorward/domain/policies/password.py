"""What a password must be like."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from doorward.domain.bounds import check_bounds
from doorward.domain.errors import Violation
from doorward.domain.password import MAX_BYTES, Password

Class = Literal["upper", "lower", "digit", "special"]
_CLASS_RULES = {
    "upper": (Password.has_upper, "no_uppercase"),
    "lower": (Password.has_lower, "no_lowercase"),
    "digit": (Password.has_digit, "no_digit"),
    "special": (Password.has_special, "no_special"),
}
MIN_OWN_PART = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPolicy:
    """Rules for new passwords; lengths are in code points.

    Attributes:
        min_length: NIST SP 800-63B-4 asks for at least 8.
        max_length: never a reason to cut; longer ones are refused.
        require: character classes; the default asks for none (OWASP ASVS 5.0, 6.2.5).
        block_common: refuse common passwords and ones made of the user's own words (ASVS 6.2.4, 6.2.11).
        history: how many former passwords may not come back.
        max_age: after this a password must be changed before the next sign-in; empty: never, as NIST advises.
    """

    min_length: int = 8
    max_length: int = 128
    require: tuple[Class, ...] = ()
    block_common: bool = True
    history: int = 5
    max_age: timedelta | None = None

    def __post_init__(self) -> None:
        check_bounds(
            min_length=(1, self.min_length, self.max_length),
            max_length=(8, self.max_length, MAX_BYTES),
            history=(0, self.history, 24),
            max_age=(1, self.max_age.total_seconds() if self.max_age else 1, 3650 * 86400),
        )

    def expires_at(self, changed_at: datetime) -> datetime | None:
        """When a password of this age is good no more."""
        return changed_at + self.max_age if self.max_age else None

    def is_expired(self, changed_at: datetime, now: datetime) -> bool:
        """Whether a password must be changed before the next sign-in."""
        expires_at = self.expires_at(changed_at)
        return expires_at is not None and expires_at <= now

    def violations(
        self, password: Password, *, pointer: str, own_words: tuple[str, ...], is_common: bool
    ) -> list[Violation]:
        """Every rule that the password breaks, so that a form can show all at once."""
        broken = [*self._length(password, pointer), *self._classes(password, pointer)]
        if self.block_common and is_common:
            broken.append(Violation(pointer, "too_common"))
        elif self.block_common and own_words and self._is_made_of(password, own_words):
            broken.append(Violation(pointer, "contains_identifier"))
        return broken

    def _length(self, password: Password, pointer: str) -> list[Violation]:
        if len(password.text) < self.min_length:
            return [Violation(pointer, "too_short", {"min": self.min_length})]
        if len(password.text) > self.max_length:
            return [Violation(pointer, "too_long", {"max": self.max_length})]
        return [] if password.is_hashable else [Violation(pointer, "not_hashable")]

    def _classes(self, password: Password, pointer: str) -> list[Violation]:
        rules = (_CLASS_RULES[name] for name in self.require)
        return [Violation(pointer, code) for has, code in rules if not has(password)]

    def _is_made_of(self, password: Password, own_words: tuple[str, ...]) -> bool:
        rest = password.without(own_words)
        return len(rest) < MIN_OWN_PART and rest != password.text.casefold()
