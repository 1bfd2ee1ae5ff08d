"""`doorward demo`: a history that holds together, written once, in accounts that one can enter."""

import logging
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from doorward.bootstrap import build
from doorward.cli.demo import demo_password, fill
from doorward.cli.invented import FIRST_NAMES, LAST_NAMES, audit_rows, invented, verification_rows
from doorward.domain.events import Client, EventType
from doorward.domain.password import Password
from doorward.domain.user import Status
from doorward.ports.outbox import OutboxState
from doorward.ports.store import AuditQuery, UserQuery
from doorward.settings import load
from doorward.use_cases.sign_in import Credentials

NOW = datetime(2026, 3, 4, 15, 6, 7, tzinfo=UTC)
CLIENT = Client("192.0.2.7", "pytest", "192.0.2.7")


@pytest.fixture(scope="module")
def history():
    return invented(NOW, accounts=500, days=30, password_hash="!")


@pytest.fixture
async def service(tmp_path):
    database = f"sqlite:///{tmp_path / 'demo.db'}"
    given = {"database_url": database, "secret_key": SecretStr("s" * 40), "public_url": "http://127.0.0.1:8000"}
    built = build(load({}).settings.model_copy(update=given))
    await built.storage.migrate()
    yield built
    await built.close()


def test_everybody_has_an_address_of_his_own(history):
    """As many accounts as asked for, none twice, even when the names run out."""
    more = invented(NOW, accounts=len(FIRST_NAMES) * len(LAST_NAMES) + 3, days=2, password_hash="!")

    for users, count in ((history.users, 500), (more.users, 903)):
        assert len({user.email for user in users}) == len({user.id for user in users}) == count


def test_nothing_lies_in_the_future_or_before_the_beginning(history):
    """All of it happened in the days that were asked for, in the order in which it is written."""
    moments = [event.at for event in history.events]

    assert moments == sorted(moments)
    assert NOW - timedelta(days=31) < moments[0] < moments[-1] <= NOW


def test_what_accounts_are_is_what_happened_to_them(history):
    """Who is verified, locked or disabled became so by an event, and nobody signed in who was never verified."""
    of = {user.id: [e.type for e in history.events if e.user_id == user.id] for user in history.users}

    for user in history.users:
        assert of[user.id][0] is EventType.USER_REGISTERED
        assert (EventType.EMAIL_VERIFIED in of[user.id]) is user.is_verified
        assert (EventType.SIGNED_IN in of[user.id]) is (user.last_login_at is not None)
        assert user.is_verified or EventType.SIGNED_IN not in of[user.id]
        is_shut = of[user.id].count(EventType.LOCKED) > of[user.id].count(EventType.UNLOCKED)
        assert (user.status is not Status.LOCKED) or is_shut
    statuses = Counter(user.status for user in history.users)
    assert min(statuses[status] for status in Status) > 0


def test_every_chart_has_something_in_it(history):
    """Thirty days of sign-ups, sign-ins, failures, locks and codes."""
    kinds = Counter(event.type for event in history.events)

    assert kinds[EventType.VERIFICATION_SENT] == 500
    assert all(
        kinds[kind] > 5
        for kind in (EventType.SIGNED_IN, EventType.SIGN_IN_FAILED, EventType.LOCKED, EventType.PASSWORD_RESET)
    )
    assert len({event.at.date() for event in history.events}) >= 30


def test_rows_are_numbered_in_their_order(history):
    """The audit log goes by its numbers."""
    rows, steps = audit_rows(history.events), verification_rows(history.events)

    assert [row["sequence"] for row in rows] == list(range(1, len(history.events) + 1))
    assert len(steps) == sum(event.type.is_verification for event in history.events)


async def test_a_database_is_filled_once_and_can_be_entered(service, capsys):
    """The accounts are there, with their history and some letters that failed; the second start changes nothing."""
    store, now = service.auth.parts.store, datetime.now(UTC)
    shown = await fill(service, accounts=40, days=5)
    counted = await store.audit.histogram(AuditQuery(), [now - timedelta(days=7), now + timedelta(days=1)])

    assert counted["SIGNUP"] == [40]
    assert await store.users.count(UserQuery()) == 40
    assert len((await service.storage.outbox.page(state=OutboxState.DEAD, limit=9)).items) == 2
    assert logging.getLogger("doorward").isEnabledFor(logging.ERROR)
    assert await fill(service, accounts=40, days=5) == shown
    assert await store.users.count(UserQuery()) == 40
    assert capsys.readouterr().out.count("Making up") == 1

    email = shown[0][1].split()[0]
    password = Password.typed(demo_password(service))
    credentials = Credentials(identifier=email, password=password, client=CLIENT)
    assert (await service.auth.sign_in(credentials)).user.email == email


async def test_the_password_is_another_one_on_each_machine(service):
    """It follows from the secret of the machine."""
    other = build(service.settings.model_copy(update={"secret_key": SecretStr("t" * 40)}))

    assert demo_password(service) != demo_password(other)
    await other.close()
