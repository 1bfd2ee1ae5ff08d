"""The mailers that send nothing away: the development inbox, and the one that stands where mail is off."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.adapters.console import NoMailer, terminal_line
from doorward.adapters.inbox import KEPT, CaughtMail, Inbox, InboxMailer
from doorward.domain.errors import Unavailable
from doorward.domain.messages import Mail
from doorward.ports.delivery import DeliveryFailed


class Downstream:
    """A mailer behind the inbox."""

    def __init__(self, *, works):
        self.works = works
        self.sent = []

    async def send(self, mail, hear=None):
        if not self.works:
            raise DeliveryFailed("down")
        self.sent.append(mail)

    async def check(self):
        if not self.works:
            raise Unavailable("mail")


@pytest.fixture
def mail(make):
    return Mail(id=make.id(), to="ada@example.org", subject="s", text="t", html="h", code="123456", valid_seconds=60)


@pytest.fixture
def told():
    return []


@pytest.fixture
def inbox(now, told):
    return Inbox(now=lambda: now, tell=told.append)


async def test_caught_letters_are_shown_newest_first(inbox, told, mail, now):
    """Each letter is kept as it is, with its time, and told to the listener."""
    second = replace(mail, to="eve@example.org")
    await inbox.catch(mail)
    await inbox.catch(second)

    assert await inbox.messages() == [CaughtMail(second, now), CaughtMail(mail, now)]
    assert told == [mail, second]


async def test_letters_are_found_by_recipient(inbox, mail):
    """With `to`, only letters to that very address."""
    await inbox.catch(mail)

    assert [caught.mail for caught in await inbox.messages(to="ada@example.org")] == [mail]
    assert await inbox.messages(to="Ada@example.org") == []


async def test_waiting_ends_when_the_letter_comes(inbox, mail):
    """Who waits for a letter gets it at once when it comes, not one to somebody else."""
    waiting = asyncio.create_task(inbox.messages(to=mail.to, wait=30))
    await inbox.catch(replace(mail, to="eve@example.org"))
    await asyncio.sleep(0)
    is_done_early = waiting.done()
    await inbox.catch(mail)
    caught = await asyncio.wait_for(waiting, 5)

    assert not is_done_early
    assert [one.mail for one in caught] == [mail]


async def test_waiting_in_vain_ends_too(inbox, mail):
    """After `wait` seconds without a letter the answer is empty, and the inbox goes on."""
    nothing = await inbox.messages(wait=0.01)
    await inbox.catch(mail)

    assert nothing == []
    assert len(await inbox.messages()) == 1


async def test_only_the_newest_letters_are_kept(inbox, mail):
    """The inbox does not grow for ever."""
    for number in range(KEPT + 5):
        await inbox.catch(replace(mail, to=f"u{number}@example.org"))
    caught = await inbox.messages()

    assert len(caught) == KEPT
    assert caught[-1].mail.to == "u5@example.org"


async def test_a_cleared_inbox_is_empty(inbox, mail):
    """`clear` forgets all letters."""
    await inbox.catch(mail)
    await inbox.clear()

    assert await inbox.messages() == []


async def test_one_letter_is_found_and_removed(inbox, mail, make, now):
    """By its id; the others stay, and what is gone is gone."""
    other = replace(mail, id=make.id())
    await inbox.catch(mail)
    await inbox.catch(other)
    found = await inbox.find(mail.id)
    for _ in range(2):
        await inbox.remove(mail.id)

    assert found == CaughtMail(mail, now)
    assert await inbox.find(mail.id) is None
    assert [caught.mail for caught in await inbox.messages()] == [other]


async def test_letters_are_passed_on_where_there_is_a_mailer(inbox, told, mail):
    """A letter goes to the real mailer first and is kept then."""
    behind = Downstream(works=True)
    mailer = InboxMailer(inbox, behind)
    await mailer.send(mail)

    assert (behind.sent, told) == ([mail], [mail])
    assert await mailer.check() is None


async def test_what_the_real_mailer_did_not_take_is_not_caught(inbox, told, mail):
    """A failed hand-over stays one: it is tried again, and nothing is shown as sent."""
    mailer = InboxMailer(inbox, Downstream(works=False))
    with pytest.raises(DeliveryFailed):
        await mailer.send(mail)
    with pytest.raises(Unavailable):
        await mailer.check()

    assert (await inbox.messages(), told) == ([], [])


async def test_where_mail_is_off_every_letter_is_refused_for_good(mail):
    """Without mail, letters are not kept for a server that will never be there."""
    with pytest.raises(DeliveryFailed) as failed:
        await NoMailer().send(mail)

    assert failed.value.is_final
    assert await NoMailer().check() is None


def test_the_terminal_shows_what_one_needs_to_go_on(mail):
    """A caught code is shown with its time, a link where there is no code, and where to read the letter."""
    minutes = replace(mail, code=None, link="http://localhost/reset?token=x", valid_seconds=int(timedelta(1).seconds))

    assert terminal_line(mail, "http://i") == "mail -> ada@example.org  code 123456  valid 60 s  http://i"
    assert terminal_line(replace(mail, to="+4915123456789"), "http://i").startswith("sms -> +4915123456789")
    assert terminal_line(minutes, "http://i") == (
        "mail -> ada@example.org  link http://localhost/reset?token=x  http://i"
    )


def test_a_letter_shows_no_secret_in_logs(mail):
    """The text form of a letter has neither code nor body."""
    shown = repr(replace(mail, text="body 123456", link="https://x/?token=secret"))

    assert "123456" not in shown
    assert "secret" not in shown
