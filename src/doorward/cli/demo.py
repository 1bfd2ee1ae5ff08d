"""`doorward demo`."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

import typer

from doorward.adapters.keys import derive_key
from doorward.bootstrap import Service
from doorward.cli.dev import OpenOption, PortOption, start
from doorward.cli.invented import History, audit_rows, invented, verification_rows
from doorward.cli.running import ProfileOption
from doorward.domain.ids import new_id
from doorward.domain.messages import Message, MessageKind
from doorward.domain.password import Password
from doorward.domain.user import Role, Status
from doorward.ports.outbox import Lane
from doorward.ports.store import UserQuery
from doorward.ports.writes import AddLoginAttempt, AddSession, AddUser, Send
from doorward.serving import demo_database
from doorward.settings import load

BATCH = 1000


def demo(
    profile: ProfileOption = None,
    port: PortOption = 8000,
    open_browser: OpenOption = False,
    accounts: Annotated[int, typer.Option(min=1, max=100_000, help="How many people have signed up.")] = 500,
    days: Annotated[int, typer.Option(min=1, max=365, help="In how many days.")] = 30,
) -> None:
    """Start like `dev`, with accounts and a history that are made up, so that every chart has something in it.

    They are in a database of their own, which is filled once; remove it to have it filled anew.

    Example: doorward demo --accounts 500 --days 30
    """
    loaded = load({"profile": profile})
    database = f"sqlite:///{demo_database(loaded.settings)}"
    settings = loaded.settings.model_copy(update={"database_url": database})
    start(
        settings, loaded.origins, port, open_browser=open_browser, prepare=partial(fill, accounts=accounts, days=days)
    )


async def fill(service: Service, *, accounts: int, days: int) -> Sequence[tuple[str, str]]:
    """Fill an empty database; return what is to be known about it."""
    password = demo_password(service)
    if not await service.storage.archive.count("users"):
        typer.echo(f"Making up {accounts} accounts and {days} days ...")
        password_hash = await service.auth.parts.hasher.hash(Password.typed(password))
        now = datetime.now(UTC)
        history = invented(now, accounts=accounts, days=days, password_hash=password_hash)
        logging.disable(logging.ERROR)  # what goes wrong in a story is no news
        try:
            await _write(service, history, now)
        finally:
            logging.disable(logging.NOTSET)
    somebody = (
        await service.auth.parts.store.users.page(
            UserQuery(role=Role.USER, verified=True, status=Status.ACTIVE, limit=1)
        )
    ).items
    return [("Sign in", f"{user.email} with the password {password}") for user in somebody]


async def _write(service: Service, history: History, now: datetime) -> None:
    """Accounts come last: while there are none, the database is filled again from the beginning."""
    storage, store = service.storage, service.auth.parts.store
    for table, rows in (
        ("audit_logs", audit_rows(history.events)),
        ("verification_log", verification_rows(history.events)),
    ):
        for begin in range(0, len(rows), BATCH):
            await storage.archive.write(table, rows[begin : begin + BATCH])
    await storage.archive.finish()
    await _put_into_outbox(service, history, now)
    await store.commit(
        *(AddUser(user) for user in history.users),
        *(AddSession(session) for session in history.sessions),
        *(AddLoginAttempt(attempt) for attempt in history.attempts),
    )


async def _put_into_outbox(service: Service, history: History, now: datetime) -> None:
    """Some letters that could not be delivered."""
    outbox = service.storage.outbox
    for user in history.users[:3]:
        to, params = user.email or "", {"first_name": user.profile.first_name}
        message = Message(id=new_id(now), kind=MessageKind.ACCOUNT_EXISTS, to=to, subject_id=user.id, params=params)
        await service.auth.parts.store.commit(Send(message, now))
    claimed = await outbox.claim(Lane.MESSAGES, owner="demo", now=now, lease=timedelta(minutes=1), limit=3)
    for item in claimed[:1]:
        await outbox.retry(item, owner="demo", at=now + timedelta(hours=1), reason="450 the mailbox is busy")
    for item in claimed[1:]:
        await outbox.bury(item, owner="demo", reason="550 there is no such mailbox")


def demo_password(service: Service) -> str:
    """The password of all accounts that are made up: another one on each machine, for it opens each of them."""
    secret = service.settings.secret_key
    return f"Demo-{derive_key(secret.get_secret_value() if secret else '', 'demo').hex()[:8]}!"
