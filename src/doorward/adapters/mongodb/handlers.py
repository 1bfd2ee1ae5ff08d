"""What each kind of change does to documents."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from doorward.adapters.mongodb import readers, schema
from doorward.adapters.mongodb.documents import PROFILE, Document, document_of, members_of, plain
from doorward.adapters.mongodb.transaction import Refused, Transaction
from doorward.domain.errors import LastAdmin
from doorward.domain.events import wire_event
from doorward.domain.ids import new_id
from doorward.domain.search import SEARCHED, search_keys
from doorward.domain.user import Role, Status
from doorward.ports import writes
from doorward.ports.outbox import Lane

Handler = Callable[[Transaction, Any], Awaitable[None]]


async def handle(transaction: Transaction, kind: type, group: list[Any]) -> None:
    """Make some changes of one kind, in their order."""
    if kind in _GROUP_HANDLERS:
        await _GROUP_HANDLERS[kind](transaction, group)
        return
    for change in group:
        await _HANDLERS[kind](transaction, change)


async def hold_accounts(transaction: Transaction, changes: Sequence[writes.Write]) -> None:
    """Let commits about one account run one after the other: each writes its document, so that two at once conflict.

    Otherwise they would not see each other's new documents, such as a session or a challenge.
    """
    written = {change.old.id for change in changes if isinstance(change, writes.SaveUser)}
    written |= {c.user_id for c in changes if isinstance(c, (writes.CountFailedAttempt, writes.RemoveUser))}
    for account in sorted(writes.accounts_of(changes) - written):
        await transaction.change(schema.USERS, {"_id": account}, {"$inc": {"saves": 1}})


def _expect_one(changed: int) -> None:
    """If a conditional change found nothing to change, its condition does not hold."""
    if changed != 1:
        raise writes.Stale


def _inserting(collection: str, member: str) -> Handler:
    async def insert(transaction: Transaction, group: list[Any]) -> None:
        await transaction.insert(collection, *(document_of(getattr(write, member)) for write in group))

    return insert


async def _add_attempts(transaction: Transaction, group: list[writes.AddLoginAttempt]) -> None:
    attempts = [write.attempt for write in group]
    # Asked for nobody too, so that a known and an unknown identifier cost the same.
    owners = {"_id": {"$in": [attempt.user_id for attempt in attempts]}}
    there = {None, *(user["_id"] for user in await transaction.find(schema.USERS, owners, projection={"_id": 1}))}
    numbered = [document_of(attempt) | {"sequence": next(transaction.numbers)} for attempt in attempts]
    for attempt, document in zip(attempts, numbered, strict=True):
        document["email"] = attempt.email if attempt.user_id in there else writes.REMOVED
    await transaction.insert(schema.LOGIN_ATTEMPTS, *numbered)


def _names(members: Iterable[str]) -> set[str]:
    """The names in the document of some members of a user; the profile's stand beside the others."""
    names = set(members)
    return (names - {"profile"}) | (set(PROFILE) if "profile" in names else set())


async def _save_user(transaction: Transaction, write: writes.SaveUser) -> None:
    before, after = members_of(write.old), members_of(write.new)
    unchanged = {name: {"$eq": before[name]} for name in _names(write.guard) - {"id"}}
    changed = {name: after[name] for name in _names(writes.changed_members(write))}
    changed |= search_keys(write.new) if changed.keys() & SEARCHED else {}
    # Counting makes it a write in any case: a guard that writes nothing would not conflict with who breaks it.
    change: Document = {"$inc": {"saves": 1}} | ({"$set": changed} if changed else {})
    _expect_one(await transaction.change(schema.USERS, {"_id": write.old.id, **unchanged}, change))


async def _count_failed_attempt(transaction: Transaction, write: writes.CountFailedAttempt) -> None:
    await transaction.change(schema.USERS, {"_id": write.user_id}, {"$inc": {"failed_attempts": 1}})


async def _remove_user(transaction: Transaction, write: writes.RemoveUser) -> None:
    user = {"_id": write.user_id}
    found = await transaction.find(schema.USERS, user, projection={"email": 1})
    _expect_one(await transaction.remove_all(schema.USERS, user))
    if found[0]["email"] is not None:
        await transaction.remove_all(schema.REGISTRATIONS, {"email": {"$eq": found[0]["email"]}})
    own = {"user_id": write.user_id}
    await transaction.change_all(schema.LOGIN_ATTEMPTS, own, {"$set": {"email": writes.REMOVED}})
    for collection in (schema.SESSIONS, schema.CREDENTIALS):
        await transaction.remove_all(collection, own)
    await transaction.remove_all(schema.CHALLENGES, {"subject_id": write.user_id})


async def _keep_admin(transaction: Transaction, write: writes.KeepAdmin) -> None:
    await transaction.take_turns("administrators")
    is_over = {"status": Status.LOCKED.value, "locked_until": {"$lte": plain(write.at), **schema.TEXT}}
    is_active = {"$or": [{"status": Status.ACTIVE.value}, is_over]}
    if not await transaction.find(schema.USERS, {"role": Role.ADMIN.value, **is_active}, limit=1):
        raise LastAdmin


async def _add_former_password(transaction: Transaction, write: writes.AddFormerPassword) -> None:
    mine = {"user_id": write.user_id, "method": readers.FORMER_PASSWORD}
    added = {"_id": new_id(write.at), **mine, "lookup_key": None, "data": {"hash": write.password_hash}}
    await transaction.insert(schema.CREDENTIALS, added | {"created_at": plain(write.at)})
    old = await transaction.find(schema.CREDENTIALS, mine, sort=readers.NEWEST, skip=write.keep, projection={"_id": 1})
    await transaction.remove_all(schema.CREDENTIALS, {"_id": {"$in": [document["_id"] for document in old]}})


async def _settle_registrations(transaction: Transaction, write: writes.SettleRegistrations) -> None:
    await transaction.remove_all(schema.REGISTRATIONS, {"_id": write.winner_id})
    others = {"email": {"$eq": write.email}}
    await transaction.change_all(schema.REGISTRATIONS, others, {"$set": {"is_decoy": True}})


async def _remove_registration(transaction: Transaction, write: writes.RemoveRegistration) -> None:
    await transaction.remove_all(schema.CHALLENGES, {"subject_id": write.registration_id})
    _expect_one(await transaction.remove_all(schema.REGISTRATIONS, {"_id": write.registration_id}))


async def _hand_over(transaction: Transaction, write: writes.HandOver) -> None:
    is_open = {"_id": write.challenge.id, "consumed_at": None}
    _expect_one(await transaction.change(schema.CHALLENGES, is_open, _all_of(write.challenge)))


async def _consume_challenge(transaction: Transaction, write: writes.ConsumeChallenge) -> None:
    is_open = {"_id": write.challenge_id, "consumed_at": None}
    _expect_one(await transaction.change(schema.CHALLENGES, is_open, {"$set": {"consumed_at": plain(write.at)}}))


async def _consume_challenges(transaction: Transaction, write: writes.ConsumeChallenges) -> None:
    are_open = {"subject_id": write.subject_id, "purpose": write.purpose.value, "consumed_at": None}
    await transaction.change_all(schema.CHALLENGES, are_open, {"$set": {"consumed_at": plain(write.at)}})


async def _rotate_session(transaction: Transaction, write: writes.RotateSession) -> None:
    is_before = {"_id": write.session.id, "generation": write.session.generation - 1, "ended_at": None}
    _expect_one(await transaction.change(schema.SESSIONS, is_before, _all_of(write.session)))


async def _end_session(transaction: Transaction, write: writes.EndSession) -> None:
    is_live = {"_id": write.session_id, "ended_at": None}
    _expect_one(await transaction.change(schema.SESSIONS, is_live, {"$set": {"ended_at": plain(write.at)}}))


async def _end_sessions(transaction: Transaction, write: writes.EndSessions) -> None:
    live: Document = {"user_id": write.user_id, "ended_at": None}
    live |= {"_id": {"$ne": write.but}} if write.but else {}
    await transaction.change_all(schema.SESSIONS, live, {"$set": {"ended_at": plain(write.at)}})


async def _put_signing_key(transaction: Transaction, write: writes.PutSigningKey) -> None:
    if write.replaces is not None:
        stored = document_of(write.replaces, key="generation")
        _expect_one(await transaction.change(schema.SIGNING_KEYS, stored, _all_of(write.key, key="generation")))
        return
    try:
        await transaction.insert(schema.SIGNING_KEYS, document_of(write.key, key="generation"))
    except Refused:
        raise writes.Stale from None


def _all_of(record: Any, *, key: str = "id") -> Document:
    """Write every member of a record."""
    document = document_of(record, key=key)
    return {"$set": {name: value for name, value in document.items() if name != "_id"}}


async def _record(transaction: Transaction, group: list[writes.Record]) -> None:
    rows, steps, sent = [], [], []
    for event in (write.event for write in group):
        number, name, at = next(transaction.numbers), event.type.audit_name, plain(event.at)
        common = {"_id": event.id, "sequence": number, "user_id": event.user_id}
        more = {"details": dict(event.details), "ip_address": event.client.ip_address}
        rows.append(common | {"event_type": name, "event_time": at, **more})
        if event.type.is_verification and event.user_id:
            steps.append(common | {"event": name, "at": at})
        if event.type.wire_name:
            sent.append(_waiting(Lane.EVENTS, event.id, number, wire_event(event), event.at))
    for collection, found in ((schema.AUDIT_LOGS, rows), (schema.VERIFICATION_LOG, steps), (schema.OUTBOX, sent)):
        if found:
            await transaction.insert(collection, *found)


async def _send(transaction: Transaction, write: writes.Send) -> None:
    told = asdict(write.message).items()
    intent = {name: str(value) if name.endswith("id") and value else plain(value) for name, value in told}
    number = next(transaction.numbers)
    await transaction.insert(schema.OUTBOX, _waiting(Lane.MESSAGES, write.message.id, number, intent, write.at))


def _waiting(lane: Lane, item_id: UUID, number: int, payload: Document, at: datetime) -> Document:
    return {
        "_id": item_id,
        "sequence": number,
        "lane": lane.value,
        "payload": payload,
        "attempts": 0,
        "created_at": plain(at),
        "due_at": plain(at),
        "owner": None,
        "claim": None,
        "lease_until": None,
        "dead_at": None,
        "reason": None,
    }


async def _revive_deliveries(transaction: Transaction, write: writes.ReviveDeliveries) -> None:
    is_over = {"lease_until": {"$lte": plain(write.at), **schema.TEXT}}
    free = {"_id": {"$in": list(write.ids)}, "$or": [{"dead_at": schema.TEXT}, {"lease_until": None}, is_over]}
    freed = {"owner": None, "claim": None, "lease_until": None, "dead_at": None, "due_at": plain(write.at)}
    if await transaction.change_all(schema.OUTBOX, free, {"$set": freed}) != len(write.ids):
        raise writes.Stale


# Neighbours of one kind in a commit are written together: an import has hundreds of them.
_GROUP_HANDLERS: dict[type, Handler] = {
    writes.AddUser: _inserting(schema.USERS, "user"),
    writes.AddRegistration: _inserting(schema.REGISTRATIONS, "registration"),
    writes.AddChallenge: _inserting(schema.CHALLENGES, "challenge"),
    writes.AddSession: _inserting(schema.SESSIONS, "session"),
    writes.Record: _record,
    writes.AddLoginAttempt: _add_attempts,
}
_HANDLERS: dict[type, Handler] = {
    writes.SaveUser: _save_user,
    writes.CountFailedAttempt: _count_failed_attempt,
    writes.RemoveUser: _remove_user,
    writes.KeepAdmin: _keep_admin,
    writes.AddFormerPassword: _add_former_password,
    writes.SettleRegistrations: _settle_registrations,
    writes.RemoveRegistration: _remove_registration,
    writes.HandOver: _hand_over,
    writes.ConsumeChallenge: _consume_challenge,
    writes.ConsumeChallenges: _consume_challenges,
    writes.RotateSession: _rotate_session,
    writes.EndSession: _end_session,
    writes.EndSessions: _end_sessions,
    writes.PutSigningKey: _put_signing_key,
    writes.Send: _send,
    writes.ReviveDeliveries: _revive_deliveries,
}
