"""Filters and pages of lists, the same in every dialect."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from doorward.domain.errors import InvalidInput, Violation
from doorward.domain.user import Role, Status
from doorward.http.schemas import AuditPage, AuditView, Moment
from doorward.ports.store import AuditQuery, AuditRow, Page, UserQuery, UserSort

EVENT_NAME = r"^[A-Z_]+$"


class AuditFilter(BaseModel):
    """Which rows: times with a zone; `since` is included, `until` is not."""

    model_config = ConfigDict(extra="forbid")

    event_type: Annotated[str, Field(max_length=50, pattern=EVENT_NAME)] | None = None
    user_id: UUID | None = None
    since: Moment | None = None
    until: Moment | None = None
    limit: int = Field(50, ge=1, le=200)
    cursor: Annotated[str, Field(max_length=200)] | None = None

    def query(self) -> AuditQuery:
        """As the engine takes it; times without a zone are UTC."""
        return AuditQuery(**_with_utc(self.model_dump()))


def _with_utc(asked: dict[str, Any]) -> dict[str, Any]:
    return asked | {name: _in_utc(name, asked[name]) for name in ("since", "until")}


def _in_utc(name: str, moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(Violation(f"/{name}", "invalid_value")) from None


def audit_page(page: Page[AuditRow]) -> AuditPage:
    """Show a page."""
    return AuditPage(items=[AuditView.of(row) for row in page.items], next_cursor=page.next_cursor)


class UserFilter(BaseModel):
    """Which users.

    `q` is what the e-mail address, its domain, the phone number, the user name or the names begin with, or an id.
    `since` (included) and `until` (not) are about when the account was made.
    """

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f]*$")] | None = None
    status: Status | None = None
    verified: bool | None = None
    role: Role | None = None
    since: Moment | None = None
    until: Moment | None = None
    sort: UserSort = "-created_at"
    limit: int = Field(50, ge=1, le=200)
    cursor: Annotated[str, Field(max_length=600)] | None = None

    def query(self) -> UserQuery:
        """As the engine takes it."""
        asked = _with_utc(self.model_dump())
        return UserQuery(text=asked.pop("q"), **asked)
