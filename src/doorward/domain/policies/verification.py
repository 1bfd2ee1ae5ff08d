"""How a person proves an address."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from doorward.domain.bounds import check_bounds
from doorward.domain.tally import Budget
from doorward.domain.user import Status, User

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationPolicy:
    """Rules for codes and links that prove an address.

    Attributes:
        mode: whether an address is proven never, if one likes, or before the first sign-in.
        code_length: digits; NIST SP 800-63B-4 asks for six.
        code_ttl: counted from the hand-over to the mail server.
        max_tries: per code.
        max_tries_per_hour: per account; a new code does not reset it.
        max_letters_per_hour: to one address, from all sign-ups together; further ones are not sent, in silence.
        resend_cooldown: between two mails; the sign-up mail counts as the first.
        link: whether the mail has a link too.
        link_ttl: counted like `code_ttl`.
        link_needs: what besides the link: the code, or proof of having begun the sign-up.
    """

    mode: Literal["off", "optional", "required"] = "required"
    code_length: int = 6
    code_ttl: timedelta = timedelta(minutes=10)
    max_tries: int = 5
    max_tries_per_hour: int = 10
    max_letters_per_hour: int = 20
    resend_cooldown: timedelta | None = timedelta(seconds=30)
    link: bool = True
    link_ttl: timedelta = timedelta(hours=24)
    link_needs: Literal["code", "origin"] = "origin"

    def __post_init__(self) -> None:
        check_bounds(
            code_length=(4, self.code_length, 10),
            code_ttl=(1, self.code_ttl.total_seconds(), 86400),
            link_ttl=(1, self.link_ttl.total_seconds(), 30 * 86400),
            max_tries=(1, self.max_tries, 100),
            max_letters_per_hour=(1, self.max_letters_per_hour, 100_000),
            max_tries_per_hour=(1, self.max_tries_per_hour, 1000),
        )

    @property
    def is_on(self) -> bool:
        return self.mode != "off"

    @property
    def is_required(self) -> bool:
        return self.mode == "required"

    @property
    def longest_ttl(self) -> timedelta:
        return max(self.code_ttl, self.link_ttl) if self.link else self.code_ttl

    @property
    def active_link_ttl(self) -> timedelta | None:
        return self.link_ttl if self.link else None

    @property
    def has_way_without_code(self) -> bool:
        """Whether the mail proves the address even when no code counts any more."""
        return self.link and self.link_needs == "origin"

    def is_active(self, user: User) -> bool:
        """Whether the account can be used: ACTIVE and, where the policy says so, proven."""
        return user.status is Status.ACTIVE and (user.is_verified or not self.is_required)

    def tries_per_code(self) -> Budget:
        return Budget(limit=self.max_tries, window=self.longest_ttl + HOUR)

    def tries_per_hour(self) -> Budget:
        return Budget(limit=self.max_tries_per_hour, window=HOUR)

    def letters(self) -> Budget:
        return Budget(limit=self.max_letters_per_hour, window=HOUR)

    def resends(self) -> Budget | None:
        return Budget(limit=1, window=self.resend_cooldown) if self.resend_cooldown else None
