"""Reads of accounts, on every storage backend."""

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from doorward.domain.errors import IdentifierTaken, InvalidInput, NotFound
from doorward.domain.identifiers import Identifier, Kind
from doorward.domain.user import Profile, Role, Status
from doorward.ports.store import UserQuery
from doorward.ports.writes import (
    REMOVED,
    AddFormerPassword,
    AddLoginAttempt,
    AddRegistration,
    AddUser,
    RemoveUser,
    SaveUser,
)


async def test_a_user_comes_back_as_it_was_stored(store, make, now):
    """Every member survives storage: accents, emoji, line breaks, dates and microseconds."""
    user = make.user(
        email="zoë@example.org",
        phone="+4915112345678",
        username="zoë",
        profile=Profile(
            first_name="Zoë 🦊",
            last_name="O'Neill; --",
            date_of_birth=date(1815, 12, 10),
            date_of_joining=date(2026, 2, 28),
            address="line one\nline two",
            comments="𝄞 \\ % _ ' \"",
        ),
        status=Status.LOCKED,
        role=Role.ADMIN,
        failed_attempts=7,
        last_login_at=now + timedelta(microseconds=1),
        verified_at=now + timedelta(microseconds=2),
        locked_until=now + timedelta(microseconds=3),
    )
    await store.commit(AddUser(user))

    assert await store.users.get(user.id) == user


async def test_a_user_without_optional_members_comes_back_the_same(store, make):
    """What was not told stays untold: None is None, not empty."""
    user = make.user(email=None, profile=Profile())
    await store.commit(AddUser(user))

    assert await store.users.get(user.id) == user


async def test_status_and_role_come_back_as_enumerations(store, make):
    """A stored status is a Status and a role a Role, not just equal text."""
    user = make.user()
    await store.commit(AddUser(user))
    stored = await store.users.get(user.id)

    assert (type(stored.status), type(stored.role)) == (Status, Role)


async def test_moments_come_back_in_utc(store, make, now):
    """A moment is aware and in UTC, whatever zone it was given in."""
    east = now.astimezone().tzinfo
    user = make.user(last_login_at=now.astimezone(east))
    await store.commit(AddUser(user))
    stored = await store.users.get(user.id)

    assert stored.last_login_at == now
    assert stored.created_at.utcoffset() == timedelta()


async def test_get_of_an_unknown_id_raises_not_found(store, make):
    """`get` of an id that nobody has raises NotFound."""
    with pytest.raises(NotFound):
        await store.users.get(make.id())


@pytest.mark.parametrize("kind", Kind)
async def test_find_looks_in_the_member_of_the_identifier(store, make, kind):
    """An account is found under each of its identifiers, and only as that kind."""
    user = make.user(**{"email": None, kind.value: "same"})
    await store.commit(AddUser(user))
    found = {other: await store.users.find(Identifier(other, "same")) for other in Kind}

    assert found == {other: user if other is kind else None for other in Kind}


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("é@example.org", "e@example.org"),
        ("é@example.org", "e\u0301@example.org"),
        ("\u0131@example.org", "i@example.org"),
        ("ß@example.org", "ss@example.org"),
        ("🦊@example.org", "🐻@example.org"),
        ("a@example.org", "A@example.org"),
        ("a@example.org", "a@example.org "),
        ("a@example.org", " a@example.org"),
        ("\uff41@example.org", "a@example.org"),
        ("%@example.org", "b@example.org"),
        ("a\u200b@example.org", "a@example.org"),
    ],
)
@pytest.mark.parametrize("kind", [Kind.EMAIL, Kind.USERNAME])
async def test_identifiers_are_compared_byte_by_byte(store, make, kind, stored, asked):
    """No collation makes two identifiers one: both accounts can be, and each is found under its own."""
    first = make.user(**{"email": None, kind.value: stored})
    await store.commit(AddUser(first))
    before = await store.users.find(Identifier(kind, asked))
    second = make.user(**{"email": None, kind.value: asked})
    await store.commit(AddUser(second))

    assert before is None
    assert await store.users.find(Identifier(kind, stored)) == first
    assert await store.users.find(Identifier(kind, asked)) == second


@pytest.mark.parametrize("kind", Kind)
async def test_a_taken_identifier_is_named(store, make, kind):
    """IdentifierTaken says which kind of identifier belongs to somebody else."""
    await store.commit(AddUser(make.user(**{"email": None, kind.value: "taken"})))
    with pytest.raises(IdentifierTaken) as refused:
        await store.commit(AddUser(make.user(**{"email": None, kind.value: "taken"})))

    assert refused.value.kind == kind.value


async def test_accounts_without_an_identifier_do_not_collide(store, make):
    """Two accounts may both have no user name and no phone."""
    users = [make.user(), make.user(), make.user(email=None), make.user(email=None)]
    await store.commit(*(AddUser(user) for user in users))

    assert [await store.users.get(user.id) for user in users] == users


async def _pages(store, query):
    pages = [await store.users.page(query)]
    while pages[-1].next_cursor:
        pages.append(await store.users.page(replace(query, cursor=pages[-1].next_cursor)))
    return pages


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "email", "-email"])
async def test_pages_give_everybody_once_and_in_order(store, make, now, sort):
    """Walking the pages meets each account once, in the order asked for, even where moments are equal."""
    moments = [now, now, now, now.replace(microsecond=0), now + timedelta(seconds=1), now - timedelta(days=400), now]
    users = [make.user(created_at=moment) for moment in moments]
    await store.commit(*(AddUser(user) for user in users))
    name = sort.lstrip("-")
    expected = sorted(users, key=lambda u: (getattr(u, name), u.id), reverse=sort.startswith("-"))
    pages = await _pages(store, UserQuery(sort=sort, limit=2))

    assert [user for page in pages for user in page.items] == expected
    assert [len(page.items) for page in pages] == [2, 2, 2, 1]


async def test_a_full_last_page_has_no_cursor(store, make):
    """There is a cursor only where something follows."""
    await store.commit(*(AddUser(make.user()) for _ in range(4)))

    assert [len(page.items) for page in await _pages(store, UserQuery(limit=2))] == [2, 2]


async def test_no_users_are_an_empty_page(store):
    """An empty store has one empty page."""
    page = await store.users.page(UserQuery())

    assert (list(page.items), page.next_cursor) == ([], None)


async def test_a_new_account_does_not_shift_the_next_page(store, make, now):
    """An account that is added while one leafs through repeats and hides nobody."""
    users = [make.user(created_at=now + timedelta(seconds=n)) for n in range(4)]
    await store.commit(*(AddUser(user) for user in users))
    first = await store.users.page(UserQuery(limit=2))
    await store.commit(AddUser(make.user(created_at=now + timedelta(hours=1))))
    second = await store.users.page(UserQuery(limit=2, cursor=first.next_cursor))

    assert [*first.items, *second.items] == users[::-1]


@pytest.mark.parametrize(
    "text",
    [
        "GRACE@navy.mil",
        "grac",
        "+1 (555) 1",
        "Amazing",
        "ho_pp",
        "Ho_pper 100%",
        "ÖZGÜR",
        "ozgur",
        "navy.mil",
        "@NAVY",
        "  özgür  ho_p",
        "ho_pper 100% ozg",
    ],
)
async def test_text_is_found_in_every_name_whatever_its_case(store, make, text):
    """E-mail, its domain, phone, user name and names are found by what they begin with; no character is a wildcard."""
    grace = make.user(
        email="grace@navy.mil",
        phone="+15551234",
        username="amazing",
        profile=Profile(first_name="Özgür", last_name="Ho_pper 100%"),
    )
    other = make.user(profile=Profile(first_name="Hoxpper", last_name="1000"), username="plain")
    await store.commit(AddUser(grace), AddUser(other))
    page = await store.users.page(UserQuery(text=text))

    assert list(page.items) == [grace]
    assert await store.users.count(UserQuery(text=text)) == 1


@pytest.mark.parametrize("text", ["race", "oxpper", "%", "_", "hoxpper hoxpper", "nobody@"])
async def test_what_stands_in_the_middle_is_not_looked_for(store, make, text):
    """A search that an index cannot answer would take longer with every account."""
    await store.commit(AddUser(make.user(email="grace@navy.mil", profile=Profile(first_name="Hoxpper", last_name="1"))))

    assert list((await store.users.page(UserQuery(text=text))).items) == []


async def test_an_id_is_found(store, make):
    """So is the account whose id somebody has at hand."""
    wanted, other = make.user(), make.user()
    await store.commit(AddUser(wanted), AddUser(other))

    assert list((await store.users.page(UserQuery(text=f" {str(wanted.id).upper()} "))).items) == [wanted]


async def test_a_search_follows_changes_of_name_and_address(store, make):
    """What was saved is found by what it is now, and no longer by what it was."""
    old = make.user(email="ada@old.example", profile=Profile(first_name="Ada", last_name="Byron"))
    new = replace(old, email="ada@new.example", profile=Profile(first_name="Ada", last_name="Lovelace"))
    await store.commit(AddUser(old))
    await store.commit(SaveUser(old, new))

    for text, found in {"lovelace": [new], "new.example": [new], "byron": [], "old.example": []}.items():
        assert list((await store.users.page(UserQuery(text=text))).items) == found


async def test_a_search_goes_over_pages(store, make):
    """Pages of a search hold each account once, however many of its names match, in the order asked for."""
    users = [
        make.user(email=f"ada{n}@ada.example", profile=Profile(first_name="Ada", last_name="Ada")) for n in range(5)
    ]
    await store.commit(*(AddUser(user) for user in users), AddUser(make.user(profile=Profile(first_name="Bob"))))
    pages = await _pages(store, UserQuery(text="ada", sort="email", limit=2))

    assert [user for page in pages for user in page.items] == users
    assert await store.users.count(UserQuery(text="ada", limit=2)) == 5
    assert await store.users.count(UserQuery(text="ada"), at_most=3) == 3
    assert await store.users.count(UserQuery(), at_most=9) == 6


async def test_role_and_age_filter(store, make, now):
    """Since is included, until is not; all conditions count too."""
    old, new = make.user(created_at=now), make.user(created_at=now + timedelta(days=1), role=Role.ADMIN)
    await store.commit(AddUser(old), AddUser(new))

    async def found(**conditions):
        query = UserQuery(**conditions)
        users = (await store.users.page(query)).items
        assert await store.users.count(query) == len(users)
        return {user.id for user in users}

    assert await found(role=Role.ADMIN) == {new.id}
    assert await found(role=Role.USER) == {old.id}
    assert await found(since=new.created_at) == {new.id}
    assert await found(until=new.created_at) == {old.id}
    assert await found(since=now, until=now + timedelta(days=2)) == {old.id, new.id}
    assert await found(text="  ") == {old.id, new.id}


@pytest.mark.parametrize("text", ["ipek", "İPEK", "İpek", "IPEK"])
async def test_a_search_knows_the_dotted_capital(store, make, text):
    """İ is an i to every backend, and the letter beside it is found as it is."""
    ipek, other = make.user(profile=Profile(first_name="İpek", last_name="")), make.user()
    await store.commit(AddUser(ipek), AddUser(other))

    assert list((await store.users.page(UserQuery(text=text))).items) == [ipek]


async def test_status_and_verified_filter(store, make, now):
    """Conditions are joined by and."""
    locked = make.user(status=Status.LOCKED)
    proven = make.user(verified_at=now)
    both = make.user(status=Status.LOCKED, verified_at=now)
    await store.commit(AddUser(locked), AddUser(proven), AddUser(both))

    async def found(**conditions):
        return {user.id for user in (await store.users.page(UserQuery(**conditions))).items}

    assert await found(status=Status.LOCKED) == {locked.id, both.id}
    assert await found(verified=True) == {proven.id, both.id}
    assert await found(verified=False) == {locked.id}
    assert await found(status=Status.LOCKED, verified=True) == {both.id}


def _cursor(*position):
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("sort", "cursor"),
    [
        pytest.param("created_at", "not a cursor", id="other text"),
        pytest.param("created_at", "é", id="not ASCII"),
        pytest.param("created_at", _cursor(1), id="of another list"),
        pytest.param("created_at", _cursor("ada@example.org", "0" * 32), id="of another order"),
        pytest.param("created_at", _cursor("2026-01-01T00:00:00+00:00", "no id"), id="no id"),
        pytest.param("created_at", _cursor("0001-01-01T00:00:00+23:59", "0" * 32), id="before year 1"),
        pytest.param("created_at", _cursor("2026-01-01T00:00:00\ud800", "0" * 32), id="time and half a character"),
        pytest.param("email", _cursor("ada@example.org", "no id"), id="e-mail without id"),
        pytest.param("email", _cursor("\ud800", "0" * 32), id="half a character"),
    ],
)
async def test_a_foreign_cursor_is_refused(store, make, sort, cursor):
    """A cursor that is not of this list is InvalidInput, however it was made."""
    await store.commit(AddUser(make.user()))
    with pytest.raises(InvalidInput) as refused:
        await store.users.page(UserQuery(sort=sort, cursor=cursor))

    assert [v.pointer for v in refused.value.violations] == ["/cursor"]


async def test_former_passwords_are_the_newest_first_and_limited(store, make, now):
    """Former hashes come newest first, as many as asked for, of this user only."""
    user, other = make.user(), make.user()
    await store.commit(AddUser(user), AddUser(other), AddFormerPassword(other.id, "theirs", now, 10))
    for day in range(4):
        await store.commit(AddFormerPassword(user.id, f"hash {day}", now + timedelta(days=day), 10))

    assert list(await store.users.former_passwords(user.id, 3)) == ["hash 3", "hash 2", "hash 1"]
    assert list(await store.users.former_passwords(make.id(), 3)) == []


async def test_the_far_past_and_future_can_be_stored(store, make):
    """Moments and dates are kept from year 1 to year 9999."""
    profile = Profile(first_name="A", last_name="B", date_of_birth=date(1, 1, 1), date_of_joining=date(9999, 12, 31))
    user = make.user(profile=profile, locked_until=datetime(9999, 12, 31, tzinfo=UTC))
    await store.commit(AddUser(user))

    assert await store.users.get(user.id) == user


async def test_an_account_that_is_gone_leaves_no_address(store, make):
    """Login attempts stay without the identifier, and what waited for the address goes too."""
    user = make.user(email="ada@example.com")
    pending = make.registration(email="ada@example.com")
    attempt = make.attempt(user_id=user.id, email="ada@example.com")
    await store.commit(AddUser(user), AddRegistration(pending), AddLoginAttempt(attempt))

    await store.commit(RemoveUser(user.id))

    assert [a.email for a in await store.audit.login_attempts(user.id, 10)] == [REMOVED]
    assert await store.registrations.find(pending.id) is None


async def test_closed_accounts_are_found_when_their_time_is_over(store, make, now):
    """The one that waits longest comes first; who is not closed, or later, is left out."""
    late, early, soon = (make.user(closes_at=now + timedelta(seconds=s)) for s in (-1, -9, 1))
    await store.commit(*(AddUser(user) for user in (late, early, soon, make.user())))

    assert list(await store.users.closing(now, 5)) == [early, late]
    assert list(await store.users.closing(now, 1)) == [early]
    assert list(await store.users.closing(now + timedelta(seconds=1), 5)) == [early, late, soon]


async def test_what_its_owner_has_closed_can_be_told_apart(store, make, now):
    """From what an operator has disabled."""
    open_, disabled, closed = make.user(), make.user(status=Status.DISABLED), make.user().closing(now)
    await store.commit(*(AddUser(user) for user in (open_, disabled, closed)))

    async def found(**query):
        return {user.id for user in (await store.users.page(UserQuery(**query))).items}

    assert await found(closing=True) == {closed.id}
    assert await found(closing=False) == {open_.id, disabled.id}
    assert await found(closing=False, status=Status.DISABLED) == {disabled.id}
    assert await store.users.count(UserQuery(closing=True)) == 1
