"""The SMTP mailer, against a real server in this process."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from aiosmtpd.smtp import SMTP

from doorward.adapters.smtp import SmtpMailer, SmtpServer
from doorward.domain.errors import Unavailable
from doorward.ports.delivery import DeliveryFailed
from support.mail_servers import guarded

SENDER = "Doorward <no-reply@accounts.example>"


@pytest.fixture
async def port(serve, postbox):
    return await serve(lambda: SMTP(postbox, hostname="mail.example", enable_SMTPUTF8=True))


@pytest.fixture
async def mailer(port):
    mailer = SmtpMailer(SmtpServer.parse(f"smtp://127.0.0.1:{port}"), sender=SENDER)
    yield mailer
    await mailer.close()


@pytest.fixture
async def guarded_port(serve, postbox, certificates):
    """A server that takes letters only after STARTTLS and a password."""
    return await serve(guarded(postbox, certificates, "ad:a", "p@ss/wörd"))


async def test_a_letter_arrives_as_it_was_written(mailer, postbox, mail):
    """Recipient, subject, text and HTML arrive unharmed, with the headers that machines want."""
    await mailer.send(mail)
    (letter,) = postbox.received

    assert postbox.recipients == [["ada@example.org"]]
    assert (letter["From"], letter["To"], letter["Subject"]) == (SENDER, mail.to, mail.subject)
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Content-Language"] == mail.language
    assert letter["Date"].datetime.utcoffset() == timedelta()
    assert letter.get_body(("plain",)).get_content().replace("\r\n", "\n") == mail.text
    assert letter.get_body(("html",)).get_content().replace("\r\n", "\n") == mail.html


async def test_a_letter_sent_twice_can_be_recognised(mailer, postbox, mail, make):
    """The same letter has the same Message-ID each time, another one another."""
    for letter in (mail, mail, replace(mail, id=make.id())):
        await mailer.send(letter)
    first, again, other = (letter["Message-ID"] for letter in postbox.received)

    assert first == again == f"<{mail.id}@accounts.example>"
    assert other != first


async def test_letters_at_once_each_arrive(mailer, postbox, mail):
    """Ten letters at the same time go through ten connections."""
    await asyncio.gather(*(mailer.send(replace(mail, to=f"u{n}@example.org")) for n in range(10)))

    assert sorted(letter["To"] for letter in postbox.received) == sorted(f"u{n}@example.org" for n in range(10))


@pytest.mark.parametrize(
    ("command", "answer", "is_final"),
    [
        ("RCPT", "451 try later", False),
        ("RCPT", "550 no such user", True),
        ("DATA", "452 full", False),
        ("DATA", "554 spam", True),
        ("MAIL", "451 try later", False),
        ("MAIL", "550 sender unknown", False),
    ],
)
async def test_a_refusal_is_final_if_the_letter_is_to_blame(mailer, postbox, mail, command, answer, is_final):
    """5xx for recipient or letter is final; 4xx, and what is wrong with our own account, is tried again."""
    postbox.answers[command] = answer
    with pytest.raises(DeliveryFailed) as failed:
        await mailer.send(mail)

    assert failed.value.is_final is is_final
    assert answer[:3] in str(failed.value)
    assert postbox.received == []


async def test_a_server_that_is_not_there_is_tried_again(mail, unused_tcp_port):
    """No server: not final, and `check` says that mail is unavailable."""
    mailer = SmtpMailer(SmtpServer.parse(f"smtp://127.0.0.1:{unused_tcp_port}"), sender=SENDER)
    with pytest.raises(DeliveryFailed) as failed:
        await mailer.send(mail)
    with pytest.raises(Unavailable) as missing:
        await mailer.check()

    assert not failed.value.is_final
    assert missing.value.dependency == "mail"


@pytest.mark.parametrize("greeting", [b"554 go away\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
async def test_something_else_on_the_port_is_tried_again(serve, mail, greeting):
    """A server that hangs up or speaks another language is no verdict on the letter."""

    class Stranger(asyncio.Protocol):
        def connection_made(self, transport):
            transport.write(greeting)
            transport.close()

    port = await serve(Stranger)
    with pytest.raises(DeliveryFailed) as failed:
        await SmtpMailer(SmtpServer.parse(f"smtp://127.0.0.1:{port}"), sender=SENDER).send(mail)

    assert not failed.value.is_final


@pytest.mark.parametrize(
    "harm",
    [
        {"to": "ada@example.org\r\nBcc: eve@example.org"},
        {"to": "ada@example.org\nBcc: eve@example.org"},
        {"to": "ada@example.org, eve@example.org"},
        {"to": "ada@example.org eve@example.org"},
        {"to": ""},
        {"subject": "Hello\r\nBcc: eve@example.org"},
        {"subject": "Hello\nBcc: eve@example.org"},
        {"subject": "Hello\r\n\r\n<script>"},
    ],
)
async def test_nothing_typed_adds_a_header_or_a_recipient(mailer, postbox, mail, harm):
    """A line break or a second address in a header stops the letter for good."""
    with pytest.raises(DeliveryFailed) as failed:
        await mailer.send(replace(mail, **harm))

    assert failed.value.is_final
    assert postbox.received == []


async def test_a_dot_line_does_not_end_the_letter(mailer, postbox, mail):
    """What looks like the end of data, and a forged command after it, stays text."""
    text = "Hello\r\n.\r\nMAIL FROM:<eve@example.org>\r\n.. two\r\n"
    await mailer.send(replace(mail, text=text))
    (letter,) = postbox.received

    assert letter.get_body(("plain",)).get_content().splitlines() == text.splitlines()


async def test_a_guarded_server_gets_password_and_letter_encrypted(
    guarded_port, certificates, postbox, mail, monkeypatch
):
    """With STARTTLS and a password from the URL, percent signs and all, the letter goes out encrypted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "authority.pem"))
    url = f"smtp://ad%3Aa:p%40ss%2Fw%C3%B6rd@127.0.0.1:{guarded_port}?tls=start"
    mailer = SmtpMailer(SmtpServer.parse(url), sender=SENDER)
    await mailer.check()
    await mailer.send(mail)
    await mailer.close()

    assert postbox.was_encrypted == [True]


@pytest.mark.parametrize("user", ["ad%3Aa:wrong@", "", "other:p%40ss%2Fw%C3%B6rd@"])
async def test_a_wrong_password_is_the_operators_to_put_right(
    guarded_port, certificates, postbox, mail, monkeypatch, user
):
    """A server that refuses our account loses no letter: they wait until the password is right."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "authority.pem"))
    server = SmtpServer.parse(f"smtp://{user}127.0.0.1:{guarded_port}?tls=start")
    with pytest.raises(DeliveryFailed) as failed:
        await SmtpMailer(server, sender=SENDER).send(mail)

    assert not failed.value.is_final
    assert "wrong" not in str(failed.value)
    assert postbox.received == []


async def test_an_unknown_certificate_gets_no_letter(guarded_port, postbox, mail):
    """A server that cannot show who it is learns neither password nor letter."""
    server = SmtpServer.parse(f"smtp://ad%3Aa:x@127.0.0.1:{guarded_port}?tls=start")
    with pytest.raises(DeliveryFailed) as failed:
        await SmtpMailer(server, sender=SENDER).send(mail)

    assert not failed.value.is_final
    assert postbox.received == []


async def test_a_server_without_encryption_gets_no_letter_where_it_is_demanded(port, postbox, mail):
    """Whoever strips STARTTLS from the line stops the letter instead of reading it."""
    with pytest.raises(DeliveryFailed):
        await SmtpMailer(SmtpServer.parse(f"smtp://127.0.0.1:{port}?tls=start"), sender=SENDER).send(mail)

    assert postbox.received == []


def test_encryption_is_the_default_beyond_this_machine():
    """smtp:// is plain on loopback only; smtps:// is encrypted from the first byte."""
    urls = ["smtp://localhost", "smtp://127.0.0.2", "smtp://[::1]", "smtp://mail.example", "smtps://localhost"]

    assert [SmtpServer.parse(url).tls for url in urls] == ["off", "off", "off", "start", "implicit"]
    assert [SmtpServer.parse(url).port for url in urls[3:]] == [587, 465]


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example", "smtp://u:s3cret@h?tls=maybe"])
def test_a_wrong_url_is_refused_without_showing_its_password(url):
    """What is wrong is said, and the password is neither in the error nor in what a server shows of itself."""
    with pytest.raises(ValueError, match=r"smtp://|tls is") as refused:
        SmtpServer.parse(url)

    assert "s3cret" not in str(refused.value)
    assert "s3cret" not in repr(SmtpServer.parse("smtp://u:s3cret@host"))
