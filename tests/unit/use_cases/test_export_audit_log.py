"""The audit log as a whole, for administrators; the log itself says who took it."""

from datetime import timedelta

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import Forbidden
from doorward.ports.store import AuditQuery
from doorward.use_cases import export_audit_log


@pytest.fixture
async def door(engine):
    """An engine with some rows: two accounts, and three failures."""
    built = engine("delay")
    built.root = await built.admin()
    built.ada = await built.created()
    built.clock.advance(minutes=1)
    await built.fail(3)
    built.clock.advance(minutes=1)
    return built


async def exported(door, query=AuditQuery(), actor=None):
    return [row.event_type async for rows in door.auth.export_audit_log(actor or door.root, query) for row in rows]


async def last_note(door):
    (row, *_) = (await door.store.audit.page(AuditQuery(event_type="DATA_EXPORTED"))).items
    return row.details


async def test_everything_is_given_out_page_by_page(door, monkeypatch):
    """Newest first, each row once, without the note of this very export."""
    monkeypatch.setattr(export_audit_log, "PAGE", 2)
    before = await door.audit()

    assert await exported(door) == before
    assert await last_note(door) == {"by": str(door.root.user.id), "audit": "all"}


async def test_a_part_is_given_out(door):
    """The note says which."""
    since = door.clock() - timedelta(minutes=1)
    query = AuditQuery(user_id=door.ada.id, event_type="LOGIN_FAILURE", since=since, until=door.clock())

    assert await exported(door, query) == ["LOGIN_FAILURE"] * 3
    told = {"event_type": "LOGIN_FAILURE", "user_id": str(door.ada.id), "since": str(since), "until": str(door.clock())}
    assert (await last_note(door))["audit"] == told


async def test_the_log_is_for_administrators(door):
    """Others get nothing, and nothing is noted."""
    with pytest.raises(Forbidden):
        await exported(door, actor=Actor(door.ada))

    assert "DATA_EXPORTED" not in await door.audit()
