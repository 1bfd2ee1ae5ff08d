"""What becomes of a line of a file of users: judged against the lines before it and the accounts that are there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from doorward.domain.errors import Violation
from doorward.domain.identifiers import Identifier
from doorward.domain.user import User
from doorward.domain.user_record import Entry

Key = UUID | Identifier
Met = Callable[[Sequence[tuple[str, int]]], Sequence[int]]
"""Takes keys with their lines, and says in which line of the file each stood first, which may be its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What becomes of a line: an account to add, one that is there already, or the rules that it breaks."""

    line: int
    entry: Entry | None = None
    keys: tuple[Key, ...] = ()
    is_there: bool = False
    problems: tuple[Violation, ...] = ()

    @classmethod
    def good(cls, line: int, entry: Entry) -> "Judged":
        """A line that breaks no rule by itself; it is known by its identifiers, and by its id if it states one."""
        own_id = (entry.user.id,) if "id" in entry.stated else ()
        return cls(line=line, entry=entry, keys=(*own_id, *entry.user.identifiers()))

    @property
    def added(self) -> tuple[Entry, ...]:
        return (self.entry,) if self.entry and not self.is_there else ()

    def placed(self, repeated: Mapping[tuple[int, Key], int], owners: Mapping[Key, User]) -> "Judged":
        """Judge the keys against those of earlier lines and of accounts."""
        if self.entry is None or not (repeated or owners):
            return self
        problems = []
        for key in self.keys:
            if first := repeated.get((self.line, key)):
                problems.append(Violation(f"/{_name(key)}", "repeated", {"line": first}))
            elif key in owners and not self.entry.is_of(owners[key]):
                problems.append(Violation(f"/{_name(key)}", "taken"))
        if problems:
            return Judged(line=self.line, problems=tuple(problems))
        return replace(self, is_there=any(key in owners for key in self.keys))


def repeated_in(lines: Sequence[Judged], met: Met) -> dict[tuple[int, Key], int]:
    """The keys that stood in an earlier line, each with its own line, and that line."""
    keys = [(one.line, key) for one in lines for key in one.keys]
    found = met([(f"{_name(key)}:{getattr(key, 'value', key)}", line) for line, key in keys])
    return {own: first for own, first in zip(keys, found, strict=True) if first != own[0]}


def _name(key: Key) -> str:
    return key.kind.value if isinstance(key, Identifier) else "id"
