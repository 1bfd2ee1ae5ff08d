"""What goes over the wire in every dialect."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from doorward.domain.policies.verification import VerificationPolicy
from doorward.domain.session import Session
from doorward.domain.user import Profile, Role, Status, User
from doorward.ports.store import AuditRow


def written_out(kind: Literal["date_parsing", "datetime_parsing"]) -> BeforeValidator:
    """Take a date or time only as text that begins with one: numbers would be read as seconds since 1970."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return value
        raise PydanticCustomError(kind, "write it as 2001-12-31")

    return BeforeValidator(check)


PRINTABLE = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
"""For the document only: the domain refuses other text by its own rule, with the rule's name."""

Typed = Annotated[str, Field(max_length=320)]
Secret = Annotated[str, Field(max_length=4096, json_schema_extra={"format": "password"})]
Code = Annotated[str, Field(min_length=1, max_length=64, examples=["4821"])]
Token = Annotated[str, Field(min_length=1, max_length=4096)]
Email = Annotated[Typed, Field(json_schema_extra={"format": "email"})]
Name = Annotated[str, Field(max_length=100, json_schema_extra={"pattern": PRINTABLE})]
Text = Annotated[str, Field(max_length=1000, json_schema_extra={"pattern": PRINTABLE})]
Day = Annotated[date, Field(strict=False), written_out("date_parsing")]
Moment = Annotated[datetime, written_out("datetime_parsing")]


class Body(BaseModel):
    """A request body: strict types, no unknown members."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class ProfileBody(Body):
    """What a person may tell about himself."""

    first_name: Name = Field("", examples=["Ada"])
    last_name: Name = Field("", examples=["Lovelace"])
    date_of_birth: Day | None = None
    address: Text | None = None
    comments: Text | None = None

    def profile(self) -> Profile:
        """As the engine takes it."""
        return Profile(
            first_name=self.first_name.strip(),
            last_name=self.last_name.strip(),
            date_of_birth=self.date_of_birth,
            address=self.address,
            comments=self.comments,
        )


class SignUpBody(ProfileBody):
    """A sign-up."""

    email: Email | None = Field(None, examples=["ada@example.com"])
    phone: Typed | None = None
    username: Typed | None = None
    password: Secret = Field(examples=["a long walk in the hills"])


class UserView(BaseModel):
    """A user, as every answer shows one."""

    id: UUID
    email: str | None
    phone: str | None
    username: str | None
    first_name: str
    last_name: str
    status: Status
    role: Role
    is_active: bool
    is_verified: bool
    verified_at: datetime | None
    created_at: datetime
    last_login_at: datetime | None
    date_of_birth: date | None
    date_of_joining: date | None
    address: str | None
    comments: str | None

    @classmethod
    def of(cls, user: User, policy: VerificationPolicy) -> "UserView":
        """Show a user; the hash and the counters stay inside."""
        profile = {name: getattr(user.profile, name) for name in Profile.__dataclass_fields__}
        shown = {name: getattr(user, name) for name in cls.model_fields if hasattr(user, name)}
        return cls(**{**shown, **profile, "is_active": policy.is_active(user)})


class SessionView(BaseModel):
    """A device on which one is signed in."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ip_address: str | None
    device: str | None
    is_current: bool

    @classmethod
    def of(cls, session: Session, current: UUID) -> "SessionView":
        """Show a session."""
        shown = {name: getattr(session, name) for name in cls.model_fields if name != "is_current"}
        return cls(**shown, is_current=session.id == current)


class AuditView(BaseModel):
    """A row of the audit log."""

    id: UUID
    user_id: UUID | None
    event_type: str
    event_time: datetime
    details: dict[str, Any]
    ip_address: str | None

    @classmethod
    def of(cls, row: AuditRow) -> "AuditView":
        """Show a row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class AuditPage(BaseModel):
    """Rows, newest first."""

    items: list[AuditView]
    next_cursor: str | None


class UserPage(BaseModel):
    """Users in the order asked for."""

    items: list[UserView]
    next_cursor: str | None


class Message(BaseModel):
    """A sentence for people."""

    message: str


class Entered(BaseModel):
    """An answer to a successful sign-in."""

    message: str = Field(examples=["Welcome, Ada!"])
    access_token: str | None = None
    token_type: str = "Bearer"
    expires_in: int
    refresh_token: str | None = None
    user: UserView


class Problem(BaseModel):
    """A refusal (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None


def welcome(user: User) -> str:
    """Greet by first name, if there is one."""
    name = user.profile.first_name
    return f"Welcome, {name}!" if name else "Welcome!"
