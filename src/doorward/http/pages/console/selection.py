"""Which users: what the address of a list says, and what is marked on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, QueryParams

from doorward.domain.ids import parse_id
from doorward.domain.user import Status
from doorward.http.errors import from_pydantic
from doorward.http.listing import UserFilter
from doorward.http.pages.console.shell import CONSOLE
from doorward.ports.store import UserQuery

USERS = f"{CONSOLE}/users"
PAGE_SIZE = 50
CLOSING = "CLOSING"
NAMES = ("q", "status", "verified", "role", "since", "until", "sort")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A filter as it was typed; those who are marked, or (`is_all`) everybody who matches, from behind a batch on."""

    typed: dict[str, str]
    ids: Sequence[UUID] = ()
    is_all: bool = False
    after: UUID | None = None

    @classmethod
    def of(cls, given: QueryParams | FormData) -> "Selection":
        """Read an address or a form; both say it in the same way."""
        texts = [(name, text.strip()) for name, text in given.multi_items() if isinstance(text, str)]
        said = dict(texts)
        return cls(
            typed={name: said[name][:200] for name in NAMES if said.get(name)},
            ids=[found for name, text in texts if name == "id" and (found := parse_id(text))],
            is_all="all" in said,
            after=parse_id(said.get("after", "")),
        )

    def query(self, cursor: str = "") -> UserQuery:
        """The filter as the engine takes it.

        Raises:
            InvalidInput: it cannot be understood.
        """
        status = self.typed.get("status")
        typed = {name: text for name, text in self.typed.items() if text != CLOSING or name != "status"}
        try:
            asked = UserFilter.model_validate({**typed, "limit": PAGE_SIZE, "cursor": cursor or None})
        except ValidationError as error:
            raise from_pydantic(RequestValidationError(error.errors())) from None
        # An account that its owner has closed is out of use too, but not by an operator's will.
        return replace(asked.query(), closing={CLOSING: True, Status.DISABLED.value: False}.get(status or ""))

    @property
    def chosen(self) -> Sequence[UUID] | UserQuery:
        """Whom an act is about."""
        return self.query() if self.is_all else self.ids

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """All of it, for hidden fields and addresses."""
        marked = [("all", "1")] if self.is_all else [("id", str(one)) for one in self.ids]
        return [*self.typed.items(), *marked, *([("after", str(self.after))] if self.after else [])]

    def address(self, path: str = USERS, **more: str) -> str:
        """A page with the same filter."""
        asked = urlencode({**self.typed, **more})
        return f"{path}?{asked}" if asked else path

    def without_marks(self) -> "Selection":
        """The filter alone."""
        return replace(self, ids=(), is_all=False, after=None)
