"""Looking through all accounts."""

from uuid import UUID

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import Forbidden, InvalidInput, NotFound
from doorward.domain.user import Status
from doorward.ports.store import UserQuery


@pytest.fixture
async def door(engine):
    """An engine with three accounts, made a minute apart."""
    built = engine()
    for email, name in (("ada@example.com", "Ada"), ("grace@example.com", "Grace"), ("mary@example.org", "Mary")):
        await built.created(email, first_name=name, verified=name != "Mary")
        built.clock.advance(minutes=1)
    return built


async def names(door, **query):
    page = await door.auth.list_users(UserQuery(**query), door.operator)
    return [user.profile.first_name for user in page.items]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Mary", "Grace", "Ada"]),
        ({"sort": "created_at"}, ["Ada", "Grace", "Mary"]),
        ({"sort": "-email"}, ["Mary", "Grace", "Ada"]),
        ({"text": "EXAMPLE.COM"}, ["Grace", "Ada"]),
        ({"text": "mar"}, ["Mary"]),
        ({"verified": False}, ["Mary"]),
        ({"status": Status.LOCKED}, []),
        ({"limit": 2}, ["Mary", "Grace"]),
    ],
)
async def test_accounts_are_searched_filtered_and_sorted(door, query, expected):
    """Newest first, unless something else is asked for."""
    found = await names(door, **query)

    assert found == expected


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "email", "-email"])
async def test_pages_follow_each_other_without_gap_or_repeat(door, sort):
    """Going from cursor to cursor shows every account once."""
    seen, cursor = [], None
    while cursor is not None or not seen:
        page = await door.auth.list_users(UserQuery(sort=sort, limit=1, cursor=cursor), door.operator)
        seen, cursor = [*seen, *page.items], page.next_cursor

    assert [user.profile.first_name for user in seen] == await names(door, sort=sort)


async def test_a_made_up_cursor_is_bad_input(door):
    """A cursor that was not made here is refused."""
    refusal = await door.refusal(names(door, cursor="nonsense"))

    assert type(refusal) is InvalidInput


@pytest.mark.parametrize("name", ["ada@example.com", "ADA@Example.com"])
async def test_an_account_is_found_by_its_address(door, name):
    """The command line takes any spelling."""
    user = await door.auth.list_users.named(name, door.operator)

    assert user.profile.first_name == "Ada"


async def test_an_account_is_found_by_its_id(door):
    """The command line takes ids as well."""
    ada = await door.user()

    user = await door.auth.list_users.named(str(ada.id), door.operator)

    assert user == ada


@pytest.mark.parametrize("name", ["nobody@example.com", "???", str(UUID(int=7))])
async def test_an_unknown_name_is_not_found(door, name):
    """Neither an unknown nor an impossible name finds anything."""
    refusal = await door.refusal(door.auth.list_users.named(name, door.operator))

    assert type(refusal) is NotFound


async def test_one_account_is_shown_by_id(door):
    """An administrator may look at one account."""
    root, ada = await door.admin(), await door.user()

    user = await door.auth.list_users.one(ada.id, root)

    assert user == ada


@pytest.mark.parametrize("way", ["all", "one", "named"])
async def test_nobody_else_looks_at_accounts(door, way):
    """An ordinary user sees no accounts, whichever way he asks."""
    ada = await door.user()
    lists, actor = door.auth.list_users, Actor(ada)
    calls = {
        "all": lambda: lists(UserQuery(), actor),
        "one": lambda: lists.one(ada.id, actor),
        "named": lambda: lists.named("ada@example.com", actor),
    }

    refusal = await door.refusal(calls[way]())

    assert type(refusal) is Forbidden


async def test_everybody_sees_himself_and_an_administrator_all(door):
    """A list for users shows one record."""
    ada = await door.auth.list_users.named("ada@example.com", door.operator)
    admin = await door.admin()

    own = await door.auth.list_users.visible(UserQuery(), Actor(ada, door.client))
    everybody = await door.auth.list_users.visible(UserQuery(), admin)

    assert [user.id for user in own.items] == [ada.id]
    assert len(everybody.items) == 4


async def test_others_and_absent_ones_are_not_there(door):
    """A record is reached by its owner and by administrators."""
    ada, grace = [await door.auth.list_users.named(f"{n}@example.com", door.operator) for n in ("ada", "grace")]
    reach = door.auth.list_users.reachable

    refusals = [await door.refusal(reach(user_id, Actor(ada, door.client))) for user_id in (grace.id, UUID(int=1))]

    assert {type(refusal) for refusal in refusals} == {NotFound}
    assert (await reach(ada.id, Actor(ada, door.client))).id == ada.id
    assert (await reach(grace.id, door.operator)).id == grace.id


async def test_those_who_match_are_counted(door):
    """On all pages together, for administrators."""
    ada = await door.user("ada@example.com")

    assert await door.auth.list_users.count(UserQuery(verified=True, limit=1), door.operator) == 2
    assert type(await door.refusal(door.auth.list_users.count(UserQuery(), Actor(ada)))) is Forbidden
