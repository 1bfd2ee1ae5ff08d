"""All records in dicts, changed together or not at all."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from doorward.adapters.memory.outbox import MemoryOutbox
from doorward.adapters.memory.readers import (
    MemoryAuditLog,
    MemoryChallenges,
    MemoryRegistrations,
    MemorySessions,
    MemorySigningKeys,
    MemoryUsers,
    Table,
)
from doorward.domain.challenge import Challenge
from doorward.domain.errors import IdentifierTaken, LastAdmin
from doorward.domain.events import VerificationEntry
from doorward.domain.registration import Registration
from doorward.domain.session import Session
from doorward.domain.user import User
from doorward.ports import writes
from doorward.ports.store import AuditRow, Committed


@dataclass(slots=True)
class _Journal:
    """What to put back if a commit fails half-way."""

    undo: list[tuple[Table, Any, Any]] = field(default_factory=list)

    def put(self, table: Table, key: Any, value: Any) -> None:
        self.undo.append((table, key, table.get(key)))
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value

    def roll_back(self) -> None:
        for table, key, before in reversed(self.undo):
            if before is None:
                table.pop(key, None)
            else:
                table[key] = before


class MemoryStore:
    """All records in dicts; a commit that fails half-way is undone from a journal."""

    def __init__(self, outbox: MemoryOutbox, *, committed: Committed = lambda _: None) -> None:
        self.users = MemoryUsers()
        self.registrations = MemoryRegistrations()
        self.challenges = MemoryChallenges()
        self.sessions = MemorySessions(self.users)
        self.signing_keys = MemorySigningKeys()
        self.audit = MemoryAuditLog()
        self._outbox = outbox
        self._committed = committed
        self._sequence = 0
        self._handlers: dict[type, Callable[[_Journal, Any], None]] = {
            writes.AddUser: self._add_user,
            writes.SaveUser: self._save_user,
            writes.CountFailedAttempt: self._count_failed_attempt,
            writes.RemoveUser: self._remove_user,
            writes.KeepAdmin: self._keep_admin,
            writes.AddFormerPassword: self._add_former_password,
            writes.AddRegistration: lambda j, w: j.put(self.registrations.rows, w.registration.id, w.registration),
            writes.SettleRegistrations: self._settle_registrations,
            writes.RemoveRegistration: self._remove_registration,
            writes.AddChallenge: lambda j, w: j.put(self.challenges.rows, w.challenge.id, w.challenge),
            writes.HandOver: self._hand_over,
            writes.ConsumeChallenge: self._consume_challenge,
            writes.ConsumeChallenges: self._consume_challenges,
            writes.AddSession: lambda j, w: j.put(self.sessions.rows, w.session.id, w.session),
            writes.RotateSession: self._rotate_session,
            writes.EndSession: self._end_session,
            writes.EndSessions: self._end_sessions,
            writes.PutSigningKey: self._put_signing_key,
            writes.Record: self._record,
            writes.AddLoginAttempt: self._add_attempt,
            writes.Send: self._send,
            writes.ReviveDeliveries: self._revive_deliveries,
        }

    async def commit(self, *changes: writes.Write) -> None:
        journal = _Journal()
        try:
            for change in changes:
                self._handlers[type(change)](journal, change)
        except BaseException:
            journal.roll_back()
            raise
        self._committed(changes)

    async def check(self) -> None:
        """Memory always answers."""

    async def purge(self, now: datetime) -> int:
        journal = _Journal()
        for table in (self.registrations.rows, self.challenges.rows, self.sessions.rows):
            for key in [key for key, row in table.items() if row.expires_at <= now]:
                journal.put(table, key, None)
        return len(journal.undo)

    def _add_user(self, journal: _Journal, write: writes.AddUser) -> None:
        if write.user.id in self.users.rows:
            raise writes.Stale
        self._name(journal, write.user)

    def _save_user(self, journal: _Journal, write: writes.SaveUser) -> None:
        stored = self.users.rows.get(write.old.id)
        if stored is None or any(getattr(stored, name) != getattr(write.old, name) for name in write.guard):
            raise writes.Stale
        values = {name: getattr(write.new, name) for name in writes.changed_members(write)}
        self._rename(journal, stored, replace(stored, **values))

    def _rename(self, journal: _Journal, before: User, after: User) -> None:
        for identifier in before.identifiers():
            journal.put(self.users.by_identifier, identifier, None)
        self._name(journal, after)

    def _name(self, journal: _Journal, user: User) -> None:
        for identifier in user.identifiers():
            if identifier in self.users.by_identifier:
                raise IdentifierTaken(identifier.kind.value)
            journal.put(self.users.by_identifier, identifier, user.id)
        journal.put(self.users.rows, user.id, user)

    def _count_failed_attempt(self, journal: _Journal, write: writes.CountFailedAttempt) -> None:
        stored = self.users.rows.get(write.user_id)
        if stored is not None:
            journal.put(self.users.rows, stored.id, replace(stored, failed_attempts=stored.failed_attempts + 1))

    def _remove_user(self, journal: _Journal, write: writes.RemoveUser) -> None:
        user = self.users.rows.get(write.user_id)
        if user is None:
            raise writes.Stale
        for identifier in user.identifiers():
            journal.put(self.users.by_identifier, identifier, None)
        for table, owner in ((self.sessions.rows, "user_id"), (self.challenges.rows, "subject_id")):
            for key in [key for key, row in table.items() if getattr(row, owner) == user.id]:
                journal.put(table, key, None)
        for row in [row for row in self.registrations.rows.values() if row.email == user.email]:
            journal.put(self.registrations.rows, row.id, None)
        for attempt in [a for a in self.audit.attempts.values() if a.user_id == user.id]:
            journal.put(self.audit.attempts, attempt.id, replace(attempt, email=writes.REMOVED))
        journal.put(self.users.former, user.id, None)
        journal.put(self.users.rows, user.id, None)

    def _keep_admin(self, journal: _Journal, write: writes.KeepAdmin) -> None:
        users: Iterable[User] = self.users.rows.values()
        if not any(user.is_active_admin(write.at) for user in users):
            raise LastAdmin

    def _add_former_password(self, journal: _Journal, write: writes.AddFormerPassword) -> None:
        kept = (write.password_hash, *self.users.former.get(write.user_id, ()))
        journal.put(self.users.former, write.user_id, kept[: write.keep])

    def _settle_registrations(self, journal: _Journal, write: writes.SettleRegistrations) -> None:
        rows: dict[UUID, Registration] = self.registrations.rows
        for row in [row for row in rows.values() if row.email == write.email]:
            journal.put(rows, row.id, None if row.id == write.winner_id else replace(row, is_decoy=True))

    def _remove_registration(self, journal: _Journal, write: writes.RemoveRegistration) -> None:
        if write.registration_id not in self.registrations.rows:
            raise writes.Stale
        for row in [row for row in self.challenges.rows.values() if row.subject_id == write.registration_id]:
            journal.put(self.challenges.rows, row.id, None)
        journal.put(self.registrations.rows, write.registration_id, None)

    def _hand_over(self, journal: _Journal, write: writes.HandOver) -> None:
        stored: Challenge | None = self.challenges.rows.get(write.challenge.id)
        if stored is None or stored.consumed_at is not None:
            raise writes.Stale
        journal.put(self.challenges.rows, stored.id, write.challenge)

    def _consume_challenge(self, journal: _Journal, write: writes.ConsumeChallenge) -> None:
        stored: Challenge | None = self.challenges.rows.get(write.challenge_id)
        if stored is None or stored.consumed_at is not None:
            raise writes.Stale
        journal.put(self.challenges.rows, stored.id, replace(stored, consumed_at=write.at))

    def _consume_challenges(self, journal: _Journal, write: writes.ConsumeChallenges) -> None:
        for row in list(self.challenges.rows.values()):
            if (row.subject_id, row.purpose, row.consumed_at) == (write.subject_id, write.purpose, None):
                journal.put(self.challenges.rows, row.id, replace(row, consumed_at=write.at))

    def _rotate_session(self, journal: _Journal, write: writes.RotateSession) -> None:
        stored: Session | None = self.sessions.rows.get(write.session.id)
        if stored is None or stored.ended_at or stored.generation != write.session.generation - 1:
            raise writes.Stale
        journal.put(self.sessions.rows, stored.id, write.session)

    def _end_session(self, journal: _Journal, write: writes.EndSession) -> None:
        stored: Session | None = self.sessions.rows.get(write.session_id)
        if stored is None or stored.ended_at:
            raise writes.Stale
        journal.put(self.sessions.rows, stored.id, replace(stored, ended_at=write.at))

    def _end_sessions(self, journal: _Journal, write: writes.EndSessions) -> None:
        for row in list(self.sessions.rows.values()):
            if row.user_id == write.user_id and row.id != write.but and row.ended_at is None:
                journal.put(self.sessions.rows, row.id, replace(row, ended_at=write.at))

    def _put_signing_key(self, journal: _Journal, write: writes.PutSigningKey) -> None:
        if self.signing_keys.rows.get(write.key.generation) != write.replaces:
            raise writes.Stale
        journal.put(self.signing_keys.rows, write.key.generation, write.key)

    def _record(self, journal: _Journal, write: writes.Record) -> None:
        event = write.event
        self._sequence += 1
        row = AuditRow(
            id=event.id,
            user_id=event.user_id,
            event_type=event.type.audit_name,
            event_time=event.at,
            details=dict(event.details),
            ip_address=event.client.ip_address,
        )
        journal.put(self.audit.rows, self._sequence, row)
        if event.type.is_verification and event.user_id:
            entry = VerificationEntry(id=event.id, user_id=event.user_id, event=event.type.audit_name, at=event.at)
            journal.put(self.audit.verifications, event.id, entry)
        if event.type.wire_name:
            journal.put(self._outbox.rows, event.id, self._outbox.waiting_event(event))

    def _add_attempt(self, journal: _Journal, write: writes.AddLoginAttempt) -> None:
        attempt = write.attempt
        is_gone = attempt.user_id is not None and attempt.user_id not in self.users.rows
        journal.put(self.audit.attempts, attempt.id, replace(attempt, email=writes.REMOVED) if is_gone else attempt)

    def _send(self, journal: _Journal, write: writes.Send) -> None:
        journal.put(self._outbox.rows, write.message.id, self._outbox.waiting_message(write.message, write.at))

    def _revive_deliveries(self, journal: _Journal, write: writes.ReviveDeliveries) -> None:
        for item_id in write.ids:
            revived = self._outbox.revived(item_id, write.at)
            if revived is None:
                raise writes.Stale
            journal.put(self._outbox.rows, item_id, revived)
