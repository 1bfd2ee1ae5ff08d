"""Looking up many accounts at once, and ids that are taken, on every storage backend."""

from datetime import UTC, date, datetime

import pytest

from doorward.adapters.met_keys import MetKeys
from doorward.domain.errors import IdentifierTaken
from doorward.domain.events import EventType
from doorward.domain.identifiers import Identifier, Kind
from doorward.domain.user import Profile, Role, Status
from doorward.ports.store import AuditQuery
from doorward.ports.writes import AddUser, Record, Stale

NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
PROFILE = Profile(
    first_name="Ada\t\\N",
    last_name="Ångström\u2028",
    date_of_birth=date(1815, 12, 10),
    date_of_joining=date(1842, 1, 1),
    address='a "b" \\',
    comments="\\.",
)


async def test_accounts_are_found_by_id_and_by_any_identifier(store, make):
    """Each account comes once, however many of its names are asked for."""
    ada = make.user(email="ada@example.org", phone="+4915112345678", username="ada")
    grace, mary, joan = make.user(username="grace"), make.user(), make.user()
    await store.commit(*map(AddUser, (ada, grace, mary, joan)))
    names = {Identifier(Kind.EMAIL, "ada@example.org"), Identifier(Kind.PHONE, "+4915112345678")}
    names |= {Identifier(Kind.USERNAME, "grace"), Identifier(Kind.EMAIL, "nobody@example.org")}

    found = await store.users.matching({ada.id, mary.id, make.id()}, names)

    assert sorted(found, key=lambda user: user.id) == [ada, grace, mary]


async def test_a_name_of_another_kind_is_another_name(store, make):
    """A user name that reads like somebody's address finds nobody."""
    ada = make.user(email="ada@example.org")
    await store.commit(AddUser(ada))

    assert await store.users.matching([], [Identifier(Kind.USERNAME, "ada@example.org")]) == []


async def test_asking_for_nobody_finds_nobody(store, make):
    """No ids and no identifiers are no condition that everybody meets."""
    await store.commit(AddUser(make.user()))

    assert list(await store.users.matching([], [])) == []


async def test_many_can_be_asked_for_at_once(store, make):
    """A batch of an import, with an id, an address and a user name each."""
    users = [make.user(username=f"person-{n}") for n in range(700)]
    await store.commit(*map(AddUser, users))
    names = [identifier for user in users for identifier in user.identifiers()]

    assert len(await store.users.matching([user.id for user in users], names)) == 700


@pytest.mark.parametrize("same_email", [False, True])
async def test_a_taken_id_refuses_the_whole_commit(store, make, same_email):
    """Somebody else was quicker: nothing is written, and the caller looks again."""
    ada = make.user(email="ada@example.org")
    await store.commit(AddUser(ada))
    again = make.user(id=ada.id, email="ada@example.org" if same_email else "other@example.org")

    with pytest.raises((Stale, IdentifierTaken) if same_email else Stale):
        await store.commit(AddUser(make.user(email="grace@example.org")), AddUser(again))

    assert await store.users.find(Identifier(Kind.EMAIL, "grace@example.org")) is None
    assert await store.users.get(ada.id) == ada


async def test_many_accounts_are_written_as_they_are(store, make):
    """A long batch may go in another way than a short one; absent members and awkward ones come back all the same."""
    full = {
        "phone": "+4915112345678",
        "username": "ada",
        "profile": PROFILE,
        "status": Status.LOCKED,
        "role": Role.ADMIN,
        "failed_attempts": 3,
        "last_login_at": NOW,
        "verified_at": NOW,
        "locked_until": NOW,
        "closes_at": NOW,
    }
    users = [make.user(**full), *(make.user() for _ in range(200))]
    events = [make.event(EventType.IMPORTED, user_id=user.id, details={"by": "\\N", "n": None}) for user in users]
    await store.commit(*map(AddUser, users), *map(Record, events))

    found = await store.users.matching([user.id for user in users], [])
    rows = (await store.audit.page(AuditQuery(limit=1000))).items

    assert sorted(found, key=lambda user: user.id) == users
    assert {row.user_id for row in rows} == {user.id for user in users}
    assert all(row.details == {"by": "\\N", "n": None} for row in rows)


async def test_one_taken_name_among_many_refuses_all(store, make):
    """And says which kind it is of, as for a single account."""
    await store.commit(AddUser(make.user(username="ada")))
    users = [*(make.user() for _ in range(200)), make.user(username="ada")]

    with pytest.raises(IdentifierTaken, match="username"):
        await store.commit(*map(AddUser, users))

    assert list(await store.users.matching([user.id for user in users], [])) == []


async def test_many_changes_of_one_kind_keep_their_order(store, make):
    """Rows that are written together stand in the log in the order in which they were given."""
    events = [make.event(EventType.IMPORTED) for _ in range(300)]
    await store.commit(*map(Record, events))

    page = await store.audit.page(AuditQuery(limit=1000))

    assert [row.id for row in page.items] == [event.id for event in reversed(events)]


def test_a_key_is_remembered_with_its_first_line():
    """However many come after it; asking again for the same line is no repetition."""
    met = MetKeys()
    lines = met([(f"email:{n % 1000}@example.com", n) for n in range(2000)])

    assert lines == [*range(1000), *range(1000)]
    assert met([("email:7@example.com", 7)]) == [7]
    assert met([("\ud800", 1)]) == [1]
    met.close()
