"""The audit log and login attempts, on every storage backend."""

from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.domain.cursor import write_cursor
from doorward.domain.errors import InvalidInput
from doorward.domain.events import Client, EventType
from doorward.ports.store import AuditQuery, AuditRow
from doorward.ports.writes import REMOVED, AddLoginAttempt, AddUser, Record


async def test_an_event_becomes_a_row(store, make, now):
    """A row says what happened, when, to whom and from where; details come back as JSON values."""
    details = {"reason": "ünïcode 🦊", "count": 3, "nested": {"list": [1, None, True]}}
    happened = make.event(EventType.SIGN_IN_FAILED, details=details)
    await store.commit(Record(happened))
    page = await store.audit.page(AuditQuery())
    expected = AuditRow(
        id=happened.id,
        user_id=happened.user_id,
        event_type="LOGIN_FAILURE",
        event_time=now,
        details=details,
        ip_address="192.0.2.1",
    )

    assert list(page.items) == [expected]


async def test_an_event_without_user_and_address_is_kept(store, make):
    """What nobody in particular did is a row too."""
    await store.commit(Record(make.event(EventType.SIGN_UP_REFUSED, user_id=None, client=Client())))
    (row,) = (await store.audit.page(AuditQuery())).items

    assert (row.user_id, row.ip_address, dict(row.details)) == (None, None, {})


async def test_rows_come_in_the_reverse_order_of_writing(store, make, now):
    """The order is that of writing, whatever the clocks of the writers said."""
    events = [make.event(at=now + timedelta(seconds=skew)) for skew in (0, -5, 5, -60)]
    for happened in events:
        await store.commit(Record(happened))
    page = await store.audit.page(AuditQuery())

    assert [row.id for row in page.items] == [happened.id for happened in reversed(events)]


async def test_pages_give_every_row_once(store, make):
    """Walking the pages meets each row once, even while new ones come."""
    events = [make.event() for _ in range(5)]
    await store.commit(*(Record(happened) for happened in events))
    page = await store.audit.page(AuditQuery(limit=2))
    seen = [row.id for row in page.items]
    while page.next_cursor:
        await store.commit(Record(make.event()))
        page = await store.audit.page(AuditQuery(limit=2, cursor=page.next_cursor))
        seen += [row.id for row in page.items]

    assert seen == [happened.id for happened in reversed(events)]


async def test_a_full_last_page_has_no_cursor(store, make):
    """There is a cursor only where something follows."""
    await store.commit(*(Record(make.event()) for _ in range(2)))

    assert (await store.audit.page(AuditQuery(limit=2))).next_cursor is None
    assert (await store.audit.page(AuditQuery(limit=1))).next_cursor is not None


async def test_rows_are_filtered_by_type_user_and_time(store, make, now):
    """Conditions are joined by and; `since` is included and `until` is not."""
    user = make.id()
    events = [make.event(user_id=user, at=now + timedelta(seconds=n)) for n in range(3)]
    failed = make.event(EventType.SIGN_IN_FAILED, user_id=user, at=now + timedelta(seconds=1))
    await store.commit(*(Record(happened) for happened in (*events, failed, make.event())))

    async def found(**conditions):
        return [row.id for row in (await store.audit.page(AuditQuery(**conditions))).items]

    assert await found(user_id=user) == [failed.id, *(e.id for e in reversed(events))]
    assert await found(event_type="LOGIN_FAILURE") == [failed.id]
    assert await found(user_id=user, since=now + timedelta(seconds=1), until=now + timedelta(seconds=2)) == [
        failed.id,
        events[1].id,
    ]
    assert await found(event_type="login_failure") == []


@pytest.mark.parametrize("cursor", ["not a cursor", write_cursor("a", "b"), write_cursor(1 << 80), "W10", "bnVsbA"])
async def test_a_foreign_cursor_is_refused(store, cursor):
    """A cursor that is not of this list is InvalidInput."""
    with pytest.raises(InvalidInput) as refused:
        await store.audit.page(AuditQuery(cursor=cursor))

    assert [v.pointer for v in refused.value.violations] == ["/cursor"]


async def test_login_attempts_are_the_newest_of_one_account(store, make, now):
    """Tries come newest first, as many as asked for, with every member as it was."""
    user = make.user()
    tries = [make.attempt(user_id=user.id, success=bool(n % 2), attempt_time=now + timedelta(n)) for n in range(4)]
    await store.commit(AddUser(user), *map(AddLoginAttempt, tries), AddLoginAttempt(make.attempt(user_id=None)))

    assert list(await store.audit.login_attempts(user.id, 3)) == tries[:0:-1]


async def test_an_attempt_at_an_account_that_is_gone_names_nobody(store, make):
    """Whoever removed it wanted its address forgotten."""
    attempt = make.attempt()
    await store.commit(AddLoginAttempt(attempt))

    assert list(await store.audit.login_attempts(attempt.user_id, 3)) == [replace(attempt, email=REMOVED)]


async def test_an_attempt_at_an_unknown_identifier_belongs_to_nobody(store, make):
    """A try without a user is stored and in nobody's list."""
    unknown = replace(make.attempt(), user_id=None, ip_address=None, email="a***@e*** 0123456789abcdef")
    await store.commit(AddLoginAttempt(unknown))

    assert list(await store.audit.login_attempts(make.id(), 10)) == []


async def test_how_an_address_was_proven_is_kept_apart(store, make):
    """The verification log holds its steps and nothing else, newest first, for each account its own."""
    user_id, other = make.id(), make.id()
    for kind in (EventType.VERIFICATION_SENT, EventType.SIGNED_IN, EventType.EMAIL_VERIFIED):
        await store.commit(Record(make.event(kind, user_id=user_id)))
    await store.commit(Record(make.event(EventType.EMAIL_VERIFIED, user_id=other)))

    log = await store.audit.verification_log(user_id, 10)

    assert [entry.event for entry in log] == ["EMAIL_VERIFIED", "VERIFICATION_SENT"]


async def test_a_histogram_counts_types_between_edges(store, make, now):
    """An edge belongs to what follows it; filters count, limit and cursor do not; types without rows are left out."""
    hour, user = timedelta(hours=1), make.id()
    for at, kind, owner in (
        (now - timedelta(microseconds=1), EventType.SIGNED_IN, user),
        (now, EventType.SIGNED_IN, user),
        (now + hour - timedelta(microseconds=1), EventType.SIGNED_IN, make.id()),
        (now + hour, EventType.LOCKED, user),
        (now + 2 * hour, EventType.SIGNED_IN, user),
    ):
        await store.commit(Record(make.event(kind, at=at, user_id=owner)))
    edges = [now, now + hour, now + 2 * hour]

    async def counted(edges=edges, **conditions):
        return {k: list(v) for k, v in (await store.audit.histogram(AuditQuery(**conditions), edges)).items()}

    assert await counted(limit=1) == {"LOGIN_SUCCESS": [2, 0], "ACCOUNT_LOCKED": [0, 1]}
    assert await counted(user_id=user) == {"LOGIN_SUCCESS": [1, 0], "ACCOUNT_LOCKED": [0, 1]}
    assert await counted(event_type="ACCOUNT_LOCKED") == {"ACCOUNT_LOCKED": [0, 1]}
    assert await counted(since=now + hour) == {"ACCOUNT_LOCKED": [0, 1]}
    assert await counted(edges=[now]) == {}


async def test_rows_of_some_types_are_found_and_counted(store, make, now):
    """Alone, and where one type is asked for too; of no type there are none."""
    kinds = (EventType.SIGNED_IN, EventType.SIGN_IN_FAILED, EventType.LOCKED)
    await store.commit(*(Record(make.event(kind)) for kind in kinds))
    failures = frozenset({"LOGIN_FAILURE", EventType.LOCKED.audit_name})
    edges = [now, now + timedelta(hours=1)]

    async def found(**query):
        asked = AuditQuery(**query)
        rows = [row.event_type for row in (await store.audit.page(asked)).items]
        assert set(await store.audit.histogram(asked, edges)) == set(rows)
        return rows

    assert await found(among=failures) == [EventType.LOCKED.audit_name, "LOGIN_FAILURE"]
    assert await found(among=failures, event_type="LOGIN_FAILURE") == ["LOGIN_FAILURE"]
    assert await found(among=failures, event_type=EventType.SIGNED_IN.audit_name) == []
    assert await found(among=frozenset()) == []
