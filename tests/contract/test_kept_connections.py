"""Letters in a row share a connection to the mail server, and lose nothing by it."""

import asyncio

import pytest
from aiosmtpd.smtp import SMTP

from doorward.adapters.smtp import SmtpMailer, SmtpServer, connections
from doorward.ports.delivery import DeliveryFailed

SENDER = "Doorward <no-reply@accounts.example>"


@pytest.fixture
def sessions():
    """What has connected so far."""
    return []


@pytest.fixture
async def mailer(serve, postbox, sessions):
    def session():
        sessions.append(SMTP(postbox, hostname="mail.example"))
        return sessions[-1]

    mailer = SmtpMailer(SmtpServer.parse(f"smtp://127.0.0.1:{await serve(session)}"), sender=SENDER)
    yield mailer
    await mailer.close()


def is_open(session):
    return session.transport is not None and not session.transport.is_closing()


async def until_closed(session):
    async with asyncio.timeout(5):
        while is_open(session):
            await asyncio.sleep(0.01)


async def test_letters_in_a_row_share_a_connection(mailer, postbox, sessions, mail):
    """Three letters, one after the other: one connection."""
    for _ in range(3):
        await mailer.send(mail)

    assert (len(postbox.received), len(sessions)) == (3, 1)


async def test_a_connection_that_the_server_has_ended_costs_no_letter(mailer, postbox, sessions, mail):
    """A server may hang up whenever it likes: the next letter gets a new connection."""
    await mailer.send(mail)
    sessions[0].transport.abort()
    await mailer.send(mail)

    assert (len(postbox.received), len(sessions)) == (2, 2)


async def test_a_connection_that_hangs_costs_a_moment(mailer, postbox, sessions, mail, monkeypatch):
    """One that no longer answers is given up soon, and the letter arrives by another."""
    monkeypatch.setattr(connections, "LOOK_SECONDS", 0.1)
    await mailer.send(mail)
    sessions[0].transport.pause_reading()
    await mailer.send(mail)

    assert (len(postbox.received), len(sessions)) == (2, 2)
    sessions[0].transport.abort()


async def test_a_server_that_was_started_anew_is_asked_once(mailer, postbox, sessions, mail):
    """Where one connection is dead the others are not tried one after the other."""
    await asyncio.gather(*(mailer.send(mail) for _ in range(3)))
    for session in sessions:
        session.transport.abort()
    await mailer.send(mail)
    await mailer.send(mail)

    assert (len(postbox.received), len(sessions)) == (5, 4)


async def test_after_a_refusal_a_new_connection_is_used(mailer, postbox, sessions, mail):
    """Whatever a refused letter has left behind, the next one does not meet it."""
    postbox.answers["RCPT"] = "550 no such user"
    with pytest.raises(DeliveryFailed):
        await mailer.send(mail)
    del postbox.answers["RCPT"]
    await mailer.send(mail)

    assert (len(postbox.received), len(sessions)) == (1, 2)


async def test_a_connection_carries_only_so_many(mailer, postbox, sessions, mail, monkeypatch):
    """Servers end connections that hand over very many: it is left before."""
    monkeypatch.setattr(connections, "LETTERS", 2)
    for _ in range(4):
        await mailer.send(mail)

    assert (len(postbox.received), len(sessions)) == (4, 2)


async def test_a_few_are_kept_and_only_for_a_moment(mailer, postbox, sessions, mail, monkeypatch):
    """After a rush all but a few are left at once, and those too when nothing more comes."""
    monkeypatch.setattr(connections, "MOST", 2)
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0.3)
    await asyncio.gather(*(mailer.send(mail) for _ in range(5)))
    await asyncio.sleep(0.1)
    kept = sum(map(is_open, sessions))
    for session in sessions:
        await until_closed(session)

    assert (len(postbox.received), len(sessions), kept) == (5, 5, 2)


async def test_nothing_stays_open_after_the_end(mailer, sessions, mail):
    """`close` takes leave, and a letter that is under way afterwards keeps no connection either."""
    await mailer.send(mail)
    await mailer.close()
    await until_closed(sessions[0])
    await mailer.send(mail)
    await mailer.close()
    await until_closed(sessions[1])
