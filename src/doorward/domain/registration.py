"""Signing up: what is sent, and the sign-up that waits for its proof apart from the users."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from doorward.domain.errors import InvalidInput, Violation, gathering
from doorward.domain.events import Client
from doorward.domain.identifiers import Identifier, parse_email, parse_username
from doorward.domain.password import Password
from doorward.domain.policies.registration import MAX_NAME, MAX_TEXT, RegistrationPolicy, check_text
from doorward.domain.policies.sms import PhonePolicy
from doorward.domain.user import Profile, Role, User, own_words

_LIMITS = {"first_name": MAX_NAME, "last_name": MAX_NAME, "address": MAX_TEXT, "comments": MAX_TEXT}


def check_profile(profile: Profile) -> list[Violation]:
    """Every rule that the told members break."""
    broken: list[Violation] = []
    for name, limit in _LIMITS.items():
        if text := getattr(profile, name):
            broken += check_text(f"/{name}", text, max_length=limit)
    return broken


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """What a person sends to sign up."""

    email: str | None = None
    phone: str | None = None
    username: str | None = None
    password: Password = field(repr=False)
    profile: Profile = Profile()
    client: Client = Client()

    def checked(self, policy: RegistrationPolicy, phones: PhonePolicy) -> "CheckedSignUp":
        """Judge the members and bring the identifiers into canonical form; InvalidInput names all that is wrong."""
        broken = [*policy.missing(self._given()), *check_profile(self.profile)]
        if not self.email and not self.phone and "/email" not in {v.pointer for v in broken}:
            broken.append(Violation("/email", "required"))
        named = ((parse_email, self.email), (phones.accept, self.phone), (parse_username, self.username))
        found: list[Identifier | None] = []
        for parse, text in named:
            with gathering(broken):
                found.append(parse(text) if text else None)
        if broken:
            raise InvalidInput(*broken)
        email, phone, username = found
        return CheckedSignUp(email, phone, username, self.profile)

    def _given(self) -> dict[str, object]:
        named = {"email": self.email, "phone": self.phone, "username": self.username}
        told = {"first_name": self.profile.first_name, "last_name": self.profile.last_name}
        return {**named, **told, "password": self.password.text and "given"}


@dataclass(frozen=True, slots=True)
class CheckedSignUp:
    """A sign-up whose members are in order."""

    email: Identifier | None
    phone: Identifier | None
    username: Identifier | None
    profile: Profile

    @property
    def contact(self) -> Identifier:
        """Where messages go to: the address, else the number; there is one of the two."""
        return self.identifiers[0]

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """What was given, the one that messages go to first."""
        return tuple(i for i in (self.email, self.phone, self.username) if i)

    def own_words(self) -> tuple[str, ...]:
        return own_words(self.profile, tuple(i.value for i in self.identifiers))

    def user(self, user_id: UUID, password_hash: str, now: datetime, *, role: Role = Role.USER) -> User:
        """The new account."""
        return User(
            id=user_id,
            email=self.email.value if self.email else None,
            phone=self.phone.value if self.phone else None,
            username=self.username.value if self.username else None,
            profile=self.profile,
            password_hash=password_hash,
            role=role,
            created_at=now,
            password_changed_at=now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A concealed sign-up. Several may wait for one address; the first to prove it becomes the user.

    A decoy waits for an address that is taken: it looks like any other and can never succeed.
    """

    id: UUID
    email: str
    username: str | None = None
    profile: Profile = Profile()
    password_hash: str = field(repr=False)
    is_decoy: bool
    created_at: datetime
    expires_at: datetime

    def proven(self, now: datetime) -> User:
        """The user that this sign-up becomes when its address is proven."""
        return User(
            id=self.id,
            email=self.email,
            username=self.username,
            profile=self.profile,
            password_hash=self.password_hash,
            created_at=now,
            verified_at=now,
            password_changed_at=now,
        )
