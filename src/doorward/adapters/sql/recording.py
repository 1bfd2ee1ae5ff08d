"""What commits leave behind: audit rows, tries, and what has to leave the house."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, case, exists, insert

from doorward.adapters.sql import tables
from doorward.adapters.sql.locks import add, inserting
from doorward.adapters.sql.mapping import columns_of
from doorward.adapters.sql.outbox import revive
from doorward.domain.events import wire_event
from doorward.ports import writes
from doorward.ports.outbox import Lane

NOBODY = UUID(int=0)
_users, _attempts = tables.users, tables.login_attempts

_ADD_AUDIT_ROW = inserting(tables.audit_logs)
_ADD_VERIFICATION = inserting(tables.verification_log)


def record(connection: Connection, group: list[writes.Record]) -> None:
    """Events: into the audit log, the log of verifications and the outbox."""
    events = [write.event for write in group]
    rows = [
        {
            "id": event.id,
            "user_id": event.user_id,
            "event_type": event.type.audit_name,
            "event_time": event.at,
            "details": dict(event.details),
            "ip_address": event.client.ip_address,
        }
        for event in events
    ]
    add(connection, _ADD_AUDIT_ROW, rows)
    proven = [
        {"id": event.id, "user_id": event.user_id, "event": event.type.audit_name, "at": event.at}
        for event in events
        if event.type.is_verification and event.user_id
    ]
    if proven:
        add(connection, _ADD_VERIFICATION, proven)
    _enqueue(connection, [(Lane.EVENTS, e.id, wire_event(e), e.at) for e in events if e.type.wire_name])


# One statement for a known and an unknown identifier, so that both cost the same.
_ADD_ATTEMPT = (
    insert(_attempts)
    .values(
        email=case(
            (exists().where(_users.c.id == bindparam("owner")), bindparam("shown", type_=_attempts.c.email.type)),
            else_=bindparam("otherwise", type_=_attempts.c.email.type),
        )
    )
    .inline()
)


def add_attempt(connection: Connection, write: writes.AddLoginAttempt) -> None:
    """A try to sign in."""
    values, owner = columns_of(write.attempt), write.attempt.user_id
    shown = values.pop("email")
    bound = {"owner": owner or NOBODY, "shown": shown, "otherwise": writes.REMOVED if owner else shown}
    add(connection, _ADD_ATTEMPT, [values | bound])


def send(connection: Connection, group: list[writes.Send]) -> None:
    """Messages: into the outbox."""
    _enqueue(connection, [(Lane.MESSAGES, write.message.id, _intent(write), write.at) for write in group])


def _intent(write: writes.Send) -> dict[str, Any]:
    told = asdict(write.message).items()
    return {name: str(value) if name.endswith("id") and value else value for name, value in told}


def revive_deliveries(connection: Connection, write: writes.ReviveDeliveries) -> None:
    """Deliveries that are tried again at once."""
    if not revive(connection, write.ids, write.at):
        raise writes.Stale


_ENQUEUE = inserting(tables.outbox)


def _enqueue(connection: Connection, items: Sequence[tuple[Lane, UUID, Any, datetime]]) -> None:
    rows = [
        {"id": item_id, "lane": lane, "payload": payload, "attempts": 0, "created_at": at, "due_at": at}
        for lane, item_id, payload, at in items
    ]
    if rows:
        add(connection, _ENQUEUE, rows)
