"""Every refusal the engine can give.

AuthError
├── InvalidInput            what was sent cannot be accepted
├── NotAuthenticated        InvalidCredentials · TokenInvalid
├── NotAllowed              EmailNotVerified · PasswordExpired · AccountDisabled · AccountClosing · WrongPassword
│                           · Forbidden · LookingOnly · CrossSite · RegistrationClosed
├── NotFound
├── Conflict                IdentifierTaken · AlreadyActive · LastAdmin
├── BadProof                CodeIncorrect · LinkInvalid
├── Expired                 CodeExpired · LinkExpired
├── Locked                  AccountLocked
├── TooManyRequests
└── Unavailable             Busy

The class in the first column decides how a refusal is answered, the leaf's `code` names it for programs.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that one member of the input breaks; `pointer` is an RFC 6901 JSON pointer."""

    pointer: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)


class AuthError(Exception):
    """The engine refuses; `code` is stable and meant for programs."""

    code: ClassVar[str]


class InvalidInput(AuthError):
    """Some members of the input break rules."""

    code = "validation_failed"

    def __init__(self, *violations: Violation) -> None:
        super().__init__(", ".join(f"{v.pointer}: {v.code}" for v in violations))
        self.violations = violations


@contextmanager
def gathering(broken: list[Violation]) -> Iterator[None]:
    """Keep what a judgement finds wrong, so that the next one is heard too."""
    try:
        yield
    except InvalidInput as refused:
        broken.extend(refused.violations)


class NotAuthenticated(AuthError):
    """The caller has not shown who he is."""


class InvalidCredentials(NotAuthenticated):
    code = "invalid_credentials"


class TokenInvalid(NotAuthenticated):
    code = "token_invalid"


class NotAllowed(AuthError):
    """The caller is known and may not do this."""


class EmailNotVerified(NotAllowed):
    """The address waits for its proof; `verification` is the handle of that, told to whoever showed the password."""

    code = "email_not_verified"

    def __init__(self, verification: str = "") -> None:
        super().__init__()
        self.verification = verification


class PasswordExpired(NotAllowed):
    """The password is right and too old; `change_token` is good for changing it, for `expires_in` seconds."""

    code = "password_expired"

    def __init__(self, change_token: str, expires_in: int) -> None:
        super().__init__(expires_in)
        self.change_token = change_token
        self.expires_in = expires_in


class AccountDisabled(NotAllowed):
    code = "account_disabled"


class AccountClosing(NotAllowed):
    """Its owner has closed it, and may still change his mind."""

    code = "account_closing"


class WrongPassword(NotAllowed):
    code = "wrong_password"


class Forbidden(NotAllowed):
    code = "forbidden"


class LookingOnly(NotAllowed):
    """An administrator sees somebody's account, and wanted to change it."""

    code = "looking_only"


class CrossSite(NotAllowed):
    code = "cross_site"


class RegistrationClosed(NotAllowed):
    code = "registration_closed"


class NotFound(AuthError):
    code = "not_found"


class Conflict(AuthError):
    """The state of the account stands against it."""


class IdentifierTaken(Conflict):
    code = "identifier_taken"

    def __init__(self, kind: str = "email") -> None:
        super().__init__(kind)
        self.kind = kind


class AlreadyActive(Conflict):
    code = "already_active"


class LastAdmin(Conflict):
    code = "last_admin"


class BadProof(AuthError):
    """A code or link that proves nothing."""


class CodeIncorrect(BadProof):
    code = "code_incorrect"

    def __init__(self, attempts_left: int) -> None:
        super().__init__(attempts_left)
        self.attempts_left = attempts_left


class LinkInvalid(BadProof):
    code = "link_invalid"


class Expired(AuthError):
    """It was good once: too late, used, or used up."""


class CodeExpired(Expired):
    code = "code_expired"


class LinkExpired(Expired):
    code = "link_expired"


class Locked(AuthError):
    """The account takes no sign-in until somebody unlocks it."""


class AccountLocked(Locked):
    code = "account_locked"


class TooManyRequests(AuthError):
    """Too much in too short a time; `retry_after` is in seconds."""

    code = "too_many_requests"

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = max(1.0, retry_after)


class Unavailable(AuthError):
    """Something this service needs does not answer; `retry_after` is in seconds."""

    code = "unavailable"

    def __init__(self, dependency: str = "database", *, retry_after: float = 2.0) -> None:
        super().__init__(dependency)
        self.dependency = dependency
        self.retry_after = retry_after


class Busy(Unavailable):
    """All slots for password hashing are taken, and so is the queue before them."""

    code = "busy"

    def __init__(self, retry_after: float = 2.0) -> None:
        super().__init__("hashing", retry_after=retry_after)
