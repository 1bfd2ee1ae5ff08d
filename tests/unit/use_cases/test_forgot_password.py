"""Asking for a way back in."""

from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import AccountDisabled, Forbidden, NotFound, TooManyRequests
from doorward.domain.identifiers import parse_email
from doorward.domain.ids import new_id
from doorward.domain.policies.reset import ResetPolicy
from doorward.ports.writes import AddChallenge, AddUser, RemoveUser, SaveUser
from doorward.use_cases.set_user_status import StatusAction


@pytest.fixture
async def door(engine):
    built = engine(reset=ResetPolicy(max_requests=3, window=timedelta(hours=24)))
    await built.created(first_name="Ada")
    return built


async def ask(door, times=1, identifier="ada@example.com"):
    """Ask some times and return how many letters went out."""
    for _ in range(times):
        await door.auth.forgot_password(identifier, door.client)
    await door.deliver()
    return len(door.post.letters)


async def test_the_owner_gets_a_link(door):
    """The letter goes to the account's address and has a link, but no code."""
    await ask(door)

    letter = door.post.letters[0]

    assert (letter.to, letter.code, letter.link.partition("?")[0]) == (
        "ada@example.com",
        None,
        "https://door.example.com/reset-password",
    )


@pytest.mark.parametrize("identifier", ["nobody@example.com", "???", ""])
async def test_nobody_gets_nothing(door, identifier):
    """The answer is the same, but no letter goes out."""
    sent = await ask(door, identifier=identifier)

    assert sent == 0


async def test_a_disabled_account_gets_no_link(door):
    """What an operator has disabled cannot be brought back by mail."""
    ada = await door.user()
    await door.auth.set_user_status(ada.id, StatusAction.DISABLE, door.operator)

    sent = await ask(door)

    assert sent == 0


async def test_guessing_at_a_disabled_account_opens_no_way_back(door):
    """Failures do not turn a disabled account into one that a mail would unlock."""
    ada = await door.user()
    await door.auth.set_user_status(ada.id, StatusAction.DISABLE, door.operator)
    await door.fail(5)

    sent = await ask(door)

    assert sent == 0


async def test_a_window_has_three_mails(door):
    """Further requests are answered alike and send nothing."""
    sent = await ask(door, times=10)

    assert sent == 3


async def test_the_next_window_has_mails_again(door):
    """A day later the owner can ask again."""
    await ask(door, times=10)
    door.clock.advance(hours=24)

    sent = await ask(door)

    assert sent == 4


async def test_a_request_is_audited(door):
    """The owner can see that somebody asked."""
    await ask(door)

    assert (await door.audit())[0] == "PASSWORD_RESET_REQUESTED"


async def test_an_account_that_is_removed_in_this_moment_gets_no_link(door):
    """Between looking it up and writing the link somebody may have been quicker; nothing is left behind."""
    ada = await door.auth.list_users.named("ada@example.com", door.operator)
    commit = door.store.commit

    async def overtaken(*changes):
        if any(isinstance(change, AddChallenge) for change in changes):
            door.store.commit = commit
            await commit(RemoveUser(ada.id))
        await commit(*changes)

    door.store.commit = overtaken

    assert await ask(door) == 0
    assert door.store.challenges.rows == {}


async def test_an_address_that_is_left_in_this_moment_gets_no_link(door):
    """Whoever still has the former address gets no way into the account that has another one by then."""
    ada, commit = await door.store.users.find(parse_email("ada@example.com")), door.store.commit
    moved = replace(ada, email="ada@example.org")

    async def overtaken(*changes):
        if any(isinstance(change, AddChallenge) for change in changes):
            door.store.commit = commit
            await commit(SaveUser(ada, moved))
        await commit(*changes)

    door.store.commit = overtaken

    assert await ask(door) == 0
    assert door.store.challenges.rows == {}


async def test_an_administrator_has_a_link_sent(door):
    """Within the same window, and the log says who and why."""
    root, ada = await door.admin(), await door.user()
    await door.auth.forgot_password.of(ada.id, root, "called us")
    letter = await door.deliver()

    assert (letter.to, letter.link.partition("?")[0]) == ("ada@example.com", "https://door.example.com/reset-password")
    (row,) = [row for row in door.store.audit.rows.values() if row.event_type == "PASSWORD_RESET_REQUESTED"]
    assert row.details == {"by": str(root.user.id), "reason": "called us"}
    assert await ask(door, 3) == 3
    refusal = await door.refusal(door.auth.forgot_password.of(ada.id, root))
    assert type(refusal) is TooManyRequests
    assert refusal.retry_after > 3600


async def test_an_administrator_sends_no_link_to_whom_it_does_not_help(door):
    """Who is disabled, and who has neither address nor number; and nobody else sends any."""
    root, ada = await door.admin(), await door.user()
    named = replace(ada, id=new_id(door.clock()), email=None, username="ada")
    await door.store.commit(AddUser(named))
    await door.auth.set_user_status(ada.id, StatusAction.DISABLE, root)
    of = door.auth.forgot_password.of

    assert type(await door.refusal(of(ada.id, root))) is AccountDisabled
    assert type(await door.refusal(of(named.id, root))) is NotFound
    assert type(await door.refusal(of(ada.id, Actor(ada)))) is Forbidden
