"""What somebody else decides between a use case's look and its commit."""

from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.auth import retried
from doorward.domain.actor import Actor
from doorward.domain.challenge import Purpose
from doorward.domain.errors import AlreadyActive, Forbidden, LastAdmin, LinkExpired, NotFound, TokenInvalid
from doorward.domain.identifiers import Kind
from doorward.domain.password import Password
from doorward.domain.user import Role
from doorward.ports.writes import AddChallenge, AddSession, RemoveUser, SaveUser
from doorward.use_cases.change_identifier import IdentifierChange
from doorward.use_cases.resend_code import ResendToUser
from doorward.use_cases.sign_in import Credentials

RIGHT = Password("correct horse battery staple")


@pytest.fixture
def overtake(monkeypatch):
    """Let something be committed right before the first commit that has a change of one kind."""

    def prepare(door, kind, *overtaking):
        commit = door.store.commit
        left = [overtaking]

        async def overtaken(*changes):
            if left and any(isinstance(change, kind) for change in changes):
                await commit(*left.pop())
            await commit(*changes)

        monkeypatch.setattr(door.store, "commit", overtaken)

    return prepare


async def test_a_removed_account_asks_for_no_other_address(engine, overtake):
    """No letter goes out for it."""
    door = engine("delay")
    ada = await door.created()
    await door.sign_in()
    change = IdentifierChange(current=await door.current(), kind=Kind.EMAIL, wanted="ada@example.org", password=RIGHT)
    overtake(door, AddChallenge, RemoveUser(ada.id))

    refusal = await door.refusal(retried(door.auth.change_identifier.request, change))

    assert type(refusal) is TokenInvalid
    assert (await door.deliver(), door.store.challenges.rows) == (None, {})


async def test_an_expired_password_that_was_replaced_earns_nothing(engine, overtake):
    """The sign-in is judged again, by the new one."""
    door = engine("email-or-phone")
    ada = await door.created()
    door.clock.advance(days=30)
    overtake(door, AddChallenge, SaveUser(ada, replace(ada, password_hash="of another password")))

    refusal = await door.refusal(
        retried(door.auth.sign_in, Credentials(identifier="ada@example.com", password=RIGHT, client=door.client))
    )

    assert refusal.code == "invalid_credentials"
    assert await door.store.challenges.latest(ada.id, Purpose.CHANGE_PASSWORD) is None


async def test_an_account_that_was_verified_meanwhile_gets_no_code(engine, overtake):
    """There is nothing left to prove."""
    door = engine("code-activation")
    ada = await door.auth.register(door.form())
    await door.deliver()
    door.clock.advance(minutes=5)
    overtake(door, AddChallenge, SaveUser(ada, ada.verified(door.clock())))

    refusal = await door.refusal(
        retried(door.auth.resend_code.to_user, ResendToUser(identifier="ada@example.com", password=RIGHT))
    )

    assert type(refusal) is AlreadyActive


@pytest.fixture
async def guarded(engine):
    """An engine with an administrator."""
    built = engine("modern")
    built.root = await built.created("root@example.com", role=Role.ADMIN)
    return built


def demotion(user):
    return SaveUser(user, replace(user, role=Role.USER))


async def test_no_link_is_made_for_one_who_was_demoted_meanwhile(guarded, overtake):
    """He is no administrator any more."""
    overtake(guarded, AddChallenge, demotion(guarded.root))
    make = guarded.auth.sign_in_link.make

    refusal = await guarded.refusal(retried(make, guarded.root.id, guarded.operator, ttl=timedelta(minutes=15)))

    assert type(refusal) is Forbidden


async def test_the_link_of_one_who_was_demoted_meanwhile_opens_nothing(guarded, overtake):
    """No session is left."""
    token = await guarded.auth.sign_in_link.make(guarded.root.id, guarded.operator, ttl=timedelta(minutes=15))
    overtake(guarded, AddSession, demotion(guarded.root))

    refusal = await guarded.refusal(retried(guarded.auth.sign_in_link, token, guarded.client))

    assert type(refusal) is LinkExpired
    assert guarded.store.sessions.rows == {}


async def test_who_has_become_the_last_administrator_meanwhile_is_not_removed(guarded, overtake):
    """What he was when the removal was judged does not count."""
    ada = await guarded.created()
    promotion = SaveUser(ada, replace(ada, role=Role.ADMIN))
    overtake(guarded, RemoveUser, promotion, demotion(guarded.root))

    refusal = await guarded.refusal(retried(guarded.auth.close_account.of, ada.id, Actor(guarded.root), None))

    assert type(refusal) is LastAdmin


async def test_an_account_that_was_removed_meanwhile_is_not_found(guarded, overtake):
    """It is told to be gone, and removed once."""
    ada = await guarded.created()
    overtake(guarded, RemoveUser, RemoveUser(ada.id))

    refusal = await guarded.refusal(retried(guarded.auth.close_account.of, ada.id, guarded.operator, None))

    assert type(refusal) is NotFound
