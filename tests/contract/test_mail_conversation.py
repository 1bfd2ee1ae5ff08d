"""What can be overheard of a conversation with a mail server: everything but secrets, and as far as it went."""

import asyncio
import base64
from urllib.parse import quote

import pytest
from aiosmtpd.smtp import SMTP

from doorward.adapters.inbox import Inbox, InboxMailer
from doorward.adapters.smtp import SmtpMailer, SmtpServer
from doorward.ports.delivery import Cause, DeliveryFailed, Voice
from support.mail_servers import guarded

NAME, PASSWORD = "planted-name", "planted/p@ss wörd"
SECRETS = [NAME, PASSWORD, f"\0{NAME}\0{PASSWORD}", quote(PASSWORD, safe="")]
SECRETS += [base64.b64encode(secret.encode()).decode().rstrip("=") for secret in SECRETS]


@pytest.fixture
def listen(mail, certificates, monkeypatch):
    """Send a letter and listen: what was said, and why it failed."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "authority.pem"))

    async def run(url, **options):
        heard, failed = [], None
        try:
            sender = SmtpMailer(SmtpServer.parse(url), sender="Doorward <no-reply@accounts.example>", **options)
            await sender.send(mail, lambda voice, text: heard.append((voice, text)))
        except DeliveryFailed as error:
            failed = error
        assert not [secret for secret in SECRETS for _, text in heard if secret.lower() in text.lower()], heard
        return heard, failed

    return run


def said(heard, voice=Voice.CLIENT):
    return [text for who, text in heard if who is voice]


def verbs(heard):
    return [text.split()[0] for text in said(heard)]


class Parrot(asyncio.Protocol):
    """A server that answers from a list, and may repeat what it was told."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def connection_made(self, transport):
        self.transport = transport
        self.data_received(b"")

    def data_received(self, data):
        if self.answers:
            told = data.strip().split(b" ")[-1]
            decoded = base64.b64decode(told + b"==") if b"{decoded}" in self.answers[0] else b""
            answer = self.answers.pop(0).replace(b"{told}", told).replace(b"{decoded}", decoded)
            self.transport.write(answer + b"\r\n")


async def test_the_whole_conversation_is_heard(serve, postbox, certificates, listen):
    """From the greeting to the farewell: encrypted, signed in with dots only, and of the letter its size."""
    port = await serve(guarded(postbox, certificates, NAME, PASSWORD))
    heard, failed = await listen(f"smtp://{NAME}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}?tls=start")

    assert failed is None
    assert verbs(heard) == ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]
    assert next(text for text in said(heard) if text.startswith("AUTH")) in ("AUTH LOGIN ••••", "AUTH PLAIN ••••")
    assert any("MAIL FROM:<no-reply@accounts.example>" in text for text in said(heard))
    assert "RCPT TO:<ada@example.org>" in said(heard)
    assert any(text.startswith("DATA (") and text.endswith(" octets)") for text in said(heard))
    assert [text for text in said(heard, Voice.NOTE) if text.startswith("encrypted: TLSv1")]
    assert said(heard, Voice.SERVER)[0].startswith("220 ")
    assert {"250-", "221 "} <= {text[:4] for text in said(heard, Voice.SERVER)}
    assert not [text for _, text in heard if "123456" in text]
    assert len(postbox.received) == 1


async def test_a_wrong_password_is_heard_as_the_server_refuses_it(serve, postbox, certificates, listen):
    """No letter is begun after it."""
    port = await serve(guarded(postbox, certificates, NAME, "another one"))
    heard, failed = await listen(f"smtp://{NAME}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}?tls=start")

    assert failed.cause is Cause.PASSWORD
    assert any(text.startswith("535 ") for text in said(heard, Voice.SERVER))
    assert "MAIL" not in verbs(heard)


@pytest.mark.parametrize("mechanism", [b"PLAIN", b"LOGIN", b"CRAM-MD5"])
@pytest.mark.parametrize("echo", [b"535 no {told}", b"535 no {decoded}", b"535-5.7.8 {told}\r\n535 {decoded}"])
async def test_a_server_that_repeats_secrets_is_not_repeated(serve, listen, mechanism, echo):
    """As they were sent, or decoded; nor its challenge."""
    challenge = [b"334 " + base64.b64encode(b"<planted-challenge>")] * (mechanism != b"PLAIN")
    answers = [b"220 hello", b"250-hello\r\n250 AUTH " + mechanism, *challenge, echo]
    port = await serve(lambda: Parrot(*answers))
    heard, failed = await listen(f"smtp://{NAME}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}")

    assert failed.cause is Cause.PASSWORD
    assert said(heard)[1] == f"AUTH {mechanism.decode()}" + " ••••" * (mechanism != b"CRAM-MD5")
    assert all(text == "••••" for text in said(heard)[2:])
    assert not [text for _, text in heard if "planted" in text or base64.b64encode(b"<planted").decode()[:8] in text]
    assert said(heard, Voice.SERVER)[-1].startswith("535 ")


@pytest.mark.parametrize(
    ("command", "answer", "cause"),
    [
        ("RCPT", "550 no such user", Cause.RECIPIENT),
        ("MAIL", "550 not your address", Cause.SENDER),
        ("DATA", "554 spam", Cause.LETTER),
    ],
)
async def test_a_refusal_is_heard_word_by_word(serve, postbox, listen, command, answer, cause):
    """And the conversation ends politely."""
    postbox.answers[command] = answer
    port = await serve(lambda: SMTP(postbox))
    heard, failed = await listen(f"smtp://127.0.0.1:{port}")

    assert failed.cause is cause
    assert answer in said(heard, Voice.SERVER)
    assert verbs(heard)[-1] == "QUIT"


async def test_where_no_encryption_is_offered_it_is_said(serve, postbox, listen):
    """Before anything is told that matters."""
    port = await serve(lambda: SMTP(postbox))
    heard, failed = await listen(f"smtp://{NAME}:x@127.0.0.1:{port}?tls=start")

    assert (failed.cause, verbs(heard)) == (Cause.NO_TLS, ["EHLO"])
    assert heard[-1] == (Voice.NOTE, "the server offers no STARTTLS")


async def test_where_no_name_is_taken_it_is_said(serve, postbox, listen):
    """A server without AUTH."""
    port = await serve(lambda: Parrot(b"220 hello", b"250 hello"))
    heard, failed = await listen(f"smtp://{NAME}:x@127.0.0.1:{port}")

    assert failed.cause is Cause.NO_AUTH
    assert heard[-1] == (Voice.NOTE, "the server offers no AUTH")


async def test_an_unknown_certificate_is_heard(serve, postbox, certificates, listen, monkeypatch):
    """The reason stands at the end."""
    port = await serve(guarded(postbox, certificates, NAME, PASSWORD))
    monkeypatch.delenv("SSL_CERT_FILE")
    heard, failed = await listen(f"smtp://{NAME}:x@127.0.0.1:{port}?tls=start")

    assert failed.cause is Cause.CERTIFICATE
    assert verbs(heard) == ["EHLO", "STARTTLS"]
    assert "certificate verify failed" in heard[-1][1].lower()


async def test_encryption_where_none_is_spoken_is_heard(serve, postbox, listen):
    """smtps:// at a port that begins in the clear."""
    port = await serve(lambda: SMTP(postbox))
    heard, failed = await listen(f"smtps://127.0.0.1:{port}")

    assert failed.cause is Cause.CERTIFICATE
    assert heard[0] == (Voice.NOTE, f"connecting to 127.0.0.1 port {port}, encrypted at once")


@pytest.mark.parametrize("greeting", [b"554 go away", b"HTTP/1.1 400 Bad Request"])
async def test_who_does_not_want_us_is_heard(serve, listen, greeting):
    """Another service on the port too."""
    port = await serve(lambda: Parrot(greeting))
    heard, failed = await listen(f"smtp://127.0.0.1:{port}")

    assert failed is not None
    assert greeting.decode() in heard[-1][1]


async def test_nobody_there_is_heard(listen, unused_tcp_port):
    """The attempt, and what came of it."""
    heard, failed = await listen(f"smtp://{NAME}:x@127.0.0.1:{unused_tcp_port}")

    assert failed.cause is Cause.UNREACHABLE
    assert [voice for voice, _ in heard] == [Voice.NOTE, Voice.NOTE]
    assert str(unused_tcp_port) in heard[1][1]


@pytest.mark.parametrize("answers", [[], [b"220 hello"], [b"220 hello", b"250 hello", b"250 fine", b"250 fine"]])
async def test_a_server_that_falls_silent_is_heard_up_to_there(serve, listen, answers):
    """Before its greeting, before its first answer, or before it takes the letter."""
    port = await serve(lambda: Parrot(*answers))
    heard, failed = await listen(f"smtp://127.0.0.1:{port}", timeout=0.3)

    assert failed.cause is Cause.SILENT
    assert len(said(heard, Voice.SERVER)) == len(answers)
    assert heard[-1][0] is Voice.NOTE
    assert "Timed out" in heard[-1][1]


async def test_what_would_steer_a_terminal_or_has_no_end_is_tamed(serve, listen):
    """A server may say anything."""
    lines = b"".join(b"220-line %d\r\n" % number for number in range(60))
    port = await serve(lambda: Parrot(lines + b"220 \x1b[31mred\xff" + b"x" * 900, b"500 no", b"500 no"))
    heard, _ = await listen(f"smtp://127.0.0.1:{port}")

    assert len(heard) < 60
    assert all(text.isprintable() and len(text) < 600 for _, text in heard)


async def test_without_a_server_the_inbox_says_so(mail):
    """In development nothing leaves the machine."""
    heard = []
    inbox = Inbox(now=lambda: None, tell=lambda caught: None)
    await InboxMailer(inbox).send(mail, lambda voice, text: heard.append((voice, text)))

    assert heard == [(Voice.NOTE, "there is no mail server: the letter goes into the development inbox")]
