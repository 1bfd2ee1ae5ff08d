"""Take over accounts from elsewhere."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.errors import IdentifierTaken, InvalidInput, Violation
from doorward.domain.events import EventType, event
from doorward.domain.identifiers import Identifier
from doorward.domain.judged_line import Judged, Key, Met, repeated_in
from doorward.domain.password import Password
from doorward.domain.user import User
from doorward.domain.user_record import Entry, Line, read_entry
from doorward.methods.password import PasswordMethod
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import AddUser, Record, Stale

TURN = 50
"""So many lines are read at a time while others are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportUsers:
    """Add accounts with the hashes, moments and states that they had elsewhere; nobody is written to."""

    store: Store
    passwords: PasswordMethod
    now: Clock

    async def judge(
        self, lines: Sequence[Line], actor: Actor, *, met: Met | None, vouched: bool = False
    ) -> list[Judged]:
        """Say what would become of some lines; Forbidden unless an administrator asks.

        Args:
            lines: some lines of one file, in their order.
            actor: who asks.
            met: knows the keys of earlier lines; None where lines that repeat an earlier one are left out already.
            vouched: whether addresses count as verified.
        """
        actor.must_be_admin()
        read: list[Judged] = []
        for line in lines:
            if met is None and len(read) % TURN == 0:
                await asyncio.sleep(0)  # the database's answers to earlier calls come in between
            read.append(self._read(line, vouched=vouched))
        # With `met`, nothing was waited for up to here: calls for later lines may overtake this one, lines never do.
        repeated = repeated_in(read, met) if met else {}
        keys = [key for judged in read for key in judged.keys]
        ids, identifiers = [k for k in keys if isinstance(k, UUID)], [k for k in keys if isinstance(k, Identifier)]
        accounts = await self.store.users.matching(ids, identifiers)
        owners: dict[Key, User] = {account.id: account for account in accounts}
        owners |= {identifier: account for account in accounts for identifier in account.identifiers()}
        return [judged.placed(repeated, owners) for judged in read]

    async def __call__(
        self, lines: Sequence[Line], actor: Actor, *, met: Met | None, vouched: bool = False
    ) -> list[Judged]:
        """Judge some lines and add the accounts of the good ones, all at once or none.

        Raises:
            Stale: somebody took one of the identifiers meanwhile.
        """
        judged = await self.judge(lines, actor, met=met, vouched=vouched)
        users = await self._with_hashes([entry for one in judged for entry in one.added])
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
        return Judged.good(line.number, entry)

    def _judge_password(self, entry: Entry) -> None:
        if entry.password:
            self.passwords.judge(entry.password, pointer="/password", own_words=entry.user.own_words())
        elif flaw := self.passwords.hasher.flaw(entry.user.password_hash):
            raise InvalidInput(Violation("/password_hash", flaw))

    async def _with_hashes(self, entries: Sequence[Entry]) -> list[User]:
        slots = asyncio.Semaphore(self.passwords.hasher.slots)

        async def hashed(user: User, password: Password) -> User:
            async with slots:
                return replace(user, password_hash=await self.passwords.hasher.hash(password))

        made = await asyncio.gather(*(hashed(e.user, e.password) for e in entries if e.password is not None))
        by_id = {user.id: user for user in made}
        return [by_id.get(entry.user.id, entry.user) for entry in entries]
