"""Take over accounts from elsewhere."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.errors import IdentifierTaken, InvalidInput, Violation
from doorward.domain.events import EventType, event
from doorward.domain.identifiers import Identifier
from doorward.domain.user import User
from doorward.domain.user_record import Entry, Line, read_entry
from doorward.methods.password import PasswordMethod
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import AddUser, Record, Stale

Key = UUID | Identifier
Met = Callable[[str, int], int]
"""Takes a key and its line, and says in which line of the file the key stood first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What becomes of a line: an account to add, one that is there already, or the rules that it breaks."""

    line: int
    entry: Entry | None = None
    is_there: bool = False
    problems: tuple[Violation, ...] = ()

    @property
    def added(self) -> tuple[Entry, ...]:
        return (self.entry,) if self.entry and not self.is_there else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportUsers:
    """Add accounts with the hashes, moments and states that they had elsewhere; nobody is written to."""

    store: Store
    passwords: PasswordMethod
    now: Clock

    async def judge(self, lines: Sequence[Line], actor: Actor, *, met: Met, vouched: bool = False) -> list[Judged]:
        """Say what would become of some lines; Forbidden unless an administrator asks."""
        actor.must_be_admin()
        read = [self._read(line, vouched=vouched) for line in lines]
        keys = {key for judged in read if judged.entry for key in _stated_keys(judged.entry)}
        ids, identifiers = {k for k in keys if isinstance(k, UUID)}, {k for k in keys if isinstance(k, Identifier)}
        accounts = await self.store.users.matching(ids, identifiers)
        owners: dict[Key, User] = {account.id: account for account in accounts}
        owners |= {identifier: account for account in accounts for identifier in account.identifiers()}
        return [_placed(judged, judged.entry, owners, met) if judged.entry else judged for judged in read]

    async def __call__(self, lines: Sequence[Line], actor: Actor, *, met: Met, vouched: bool = False) -> list[Judged]:
        """Judge some lines and add the accounts of the good ones, all at once or none.

        Raises:
            Stale: somebody took one of the identifiers meanwhile.
        """
        judged = await self.judge(lines, actor, met=met, vouched=vouched)
        slots = asyncio.Semaphore(self.passwords.hasher.slots)
        entries = [entry for one in judged for entry in one.added]
        users = await asyncio.gather(*(self._with_hash(entry, slots) for entry in entries))
        details, now = actor.described() | {"source": "import"}, self.now()
        imported = (event(EventType.IMPORTED, now, user_id=u.id, client=actor.client, details=details) for u in users)
        try:
            await self.store.commit(*map(AddUser, users), *map(Record, imported))
        except IdentifierTaken:
            raise Stale from None
        return judged

    def _read(self, line: Line, *, vouched: bool) -> Judged:
        if line.flaw:
            return Judged(line=line.number, problems=(line.flaw,))
        try:
            entry = read_entry(line.record, self.now(), vouched=vouched)
            self._judge_password(entry)
        except InvalidInput as refused:
            return Judged(line=line.number, problems=refused.violations)
        return Judged(line=line.number, entry=entry)

    def _judge_password(self, entry: Entry) -> None:
        if entry.password:
            self.passwords.judge(entry.password, pointer="/password", own_words=entry.user.own_words())
        elif flaw := self.passwords.hasher.flaw(entry.user.password_hash):
            raise InvalidInput(Violation("/password_hash", flaw))

    async def _with_hash(self, entry: Entry, slots: asyncio.Semaphore) -> User:
        if entry.password is None:
            return entry.user
        async with slots:
            return replace(entry.user, password_hash=await self.passwords.hasher.hash(entry.password))


def _stated_keys(entry: Entry) -> tuple[Key, ...]:
    own_id = (entry.user.id,) if "id" in entry.stated else ()
    return (*own_id, *entry.user.identifiers())


def _placed(judged: Judged, entry: Entry, owners: Mapping[Key, User], met: Met) -> Judged:
    """Judge a line against the lines before it and the accounts that are there."""
    problems, keys = [], _stated_keys(entry)
    for key in keys:
        name = key.kind.value if isinstance(key, Identifier) else "id"
        first = met(f"{name}:{getattr(key, 'value', key)}", judged.line)
        if first != judged.line:
            problems.append(Violation(f"/{name}", "repeated", {"line": first}))
        elif key in owners and not entry.is_of(owners[key]):
            problems.append(Violation(f"/{name}", "taken"))
    if problems:
        return Judged(line=judged.line, problems=tuple(problems))
    return replace(judged, is_there=any(key in owners for key in keys))
