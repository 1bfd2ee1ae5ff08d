"""The service that takes text messages is somebody else's: it can neither hold the relay up nor fill its memory."""

import asyncio
from datetime import UTC, datetime

import pytest

from doorward.adapters.sms_webhook import SmsService, SmsWebhook
from doorward.domain.ids import new_id
from doorward.domain.messages import Mail


@pytest.fixture
async def talker():
    """A service that takes a message and announces an answer of a terabyte, of which nothing comes."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://ada:s3cret@127.0.0.1:{server.sockets[0].getsockname()[1]}/texts"
    server.close()


async def test_only_the_status_of_an_answer_is_read(talker):
    """The message is taken as soon as the status says so, whatever comes or does not come after it."""
    text = Mail(id=new_id(datetime.now(UTC)), to="+4915123456789", subject="", text="4821", html="")

    assert await SmsWebhook(SmsService.parse(talker)).send(text) is None


@pytest.mark.parametrize("url", ["https://ada:s3cret/word@sms.example/x", "https://ada:pw@sms.example:99999/x"])
def test_a_wrong_url_is_refused_without_showing_its_password(url):
    """At the start, not when the first message is sent."""
    with pytest.raises(ValueError, match="https://user:password@host/path") as refused:
        SmsService.parse(url)

    assert "s3cret" not in str(refused.value)
