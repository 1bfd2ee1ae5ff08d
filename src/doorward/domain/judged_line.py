"""What becomes of a line of a file of users: judged against the lines before it and the accounts that are there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from doorward.domain.errors import Violation
from doorward.domain.identifiers import Identifier
from doorward.domain.user import User
from doorward.domain.user_record import Entry

Key = UUID | Identifier
Met = Callable[[str, int], int]
"""Takes a key and its line, and says in which line of the file the key stood first, which may be this one."""


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

    def repeated(self, met: Met) -> dict[str, int]:
        """The keys that stood in an earlier line, by name, with that line."""
        found = {}
        for key in self.keys:
            name = _name(key)
            if (first := met(f"{name}:{getattr(key, 'value', key)}", self.line)) != self.line:
                found[name] = first
        return found

    def placed(self, repeated: Mapping[str, int], owners: Mapping[Key, User]) -> "Judged":
        """Judge the keys against those of earlier lines and of accounts."""
        if self.entry is None or not (repeated or owners):
            return self
        problems = []
        for key in self.keys:
            if first := repeated.get(_name(key)):
                problems.append(Violation(f"/{_name(key)}", "repeated", {"line": first}))
            elif key in owners and not self.entry.is_of(owners[key]):
                problems.append(Violation(f"/{_name(key)}", "taken"))
        if problems:
            return Judged(line=self.line, problems=tuple(problems))
        return replace(self, is_there=any(key in owners for key in self.keys))


def _name(key: Key) -> str:
    return key.kind.value if isinstance(key, Identifier) else "id"
