"""Taking over accounts from elsewhere."""

import asyncio
from uuid import UUID

import pytest

from doorward.adapters.hashing import PooledPasswordHasher
from doorward.domain.actor import Actor
from doorward.domain.errors import AccountDisabled, AccountLocked, Forbidden, InvalidCredentials, Violation
from doorward.domain.password import Password
from doorward.domain.policies.hashing import HashingPolicy
from doorward.domain.user_record import Line, write_record
from doorward.ports.store import AuditQuery, UserQuery
from doorward.ports.writes import Stale

PASSWORD = "a long walk in the hills"
ADA = {"email": "ada@example.com", "first_name": "Ada"}


class Importer:
    """The use case with a memory of keys, as the command line has one for each file."""

    def __init__(self, door):
        self.door, self.lines = door, {}

    def met(self, keys):
        return [self.lines.setdefault(key, line) for key, line in keys]

    def numbered(self, records):
        return [Line(number=n, record=record) for n, record in enumerate(records, 2)]

    async def judge(self, *records, actor=None):
        return await self.door.auth.import_users.judge(
            self.numbered(records), actor or self.door.operator, met=self.met
        )

    async def add(self, *records, **options):
        return await self.door.auth.import_users(self.numbered(records), self.door.operator, met=self.met, **options)


@pytest.fixture
def door(engine):
    return engine("signup-signin")


@pytest.fixture
def importer(door):
    return Importer(door)


@pytest.fixture
def blowfish():
    hasher = PooledPasswordHasher(HashingPolicy(algorithm="bcrypt", bcrypt_cost=4, slots=1))
    yield hasher
    hasher.close()


def codes(judged):
    return [[(problem.pointer, problem.code) for problem in one.problems] for one in judged]


async def test_somebody_with_a_hash_signs_in_with_his_old_password(door, importer, hasher):
    """The hash is taken as it is."""
    await importer.add(ADA | {"password_hash": await hasher.hash(Password(PASSWORD))})

    signed_in = await door.sign_in(password=PASSWORD)

    assert signed_in.user.profile.first_name == "Ada"


async def test_a_foreign_hash_is_made_anew_at_the_first_sign_in(door, importer, blowfish):
    """Nobody notices, and the old hash is gone."""
    await importer.add(ADA | {"password_hash": await blowfish.hash(Password(PASSWORD))})
    await door.sign_in(password=PASSWORD)

    user = await door.user()

    assert user.password_hash.startswith("$argon2id$")
    assert (await door.sign_in(password=PASSWORD)).user.id == user.id


async def test_a_password_too_long_for_the_new_scheme_keeps_its_hash(engine, hasher, blowfish):
    """Bcrypt reads 72 bytes; who has more goes on signing in with the hash that was imported."""
    door = engine(hasher=blowfish)
    long, short = "x" * 73, "y" * 72
    await Importer(door).add(
        {"email": "long@example.com", "password_hash": await hasher.hash(Password(long))},
        {"email": "short@example.com", "password_hash": await hasher.hash(Password(short))},
    )
    for _ in range(2):
        await door.sign_in("long@example.com", long)
        await door.sign_in("short@example.com", short)

    hashes = [(await door.user(f"{name}@example.com")).password_hash for name in ("long", "short")]

    assert [hashed[:4] for hashed in hashes] == ["$arg", "$2b$"]


async def test_a_plain_password_is_hashed_here(door, importer):
    """It is judged by the policy like one that somebody chooses today."""
    judged = await importer.add(ADA | {"password": PASSWORD}, {"email": "eve@example.com", "password": "short"})

    assert codes(judged)[0] == []
    assert ("/password", "too_short") in codes(judged)[1]
    assert (await door.sign_in(password=PASSWORD)).user.email == "ada@example.com"
    assert await door.user("eve@example.com") is None


async def test_many_plain_passwords_do_not_crowd_the_hasher(engine):
    """No more are hashed at a time than there are slots, so that none is refused as busy."""
    narrow = PooledPasswordHasher(HashingPolicy(memory_kib=8, time_cost=1, slots=1, queue=0))
    door = engine(hasher=narrow)

    judged = await Importer(door).add(*({"email": f"p{n}@example.com", "password": PASSWORD} for n in range(9)))

    assert len([one for one in judged if one.added]) == 9
    narrow.close()


async def test_somebody_without_password_resets_it_by_mail(door, importer):
    """Nothing that is typed is right before."""
    await importer.add(ADA)

    refusals = [await door.refusal(door.sign_in(password=typed)) for typed in ("!", "", PASSWORD)]

    assert {type(refusal) for refusal in refusals} == {InvalidCredentials}


@pytest.mark.parametrize(("status", "refusal"), [("LOCKED", AccountLocked), ("DISABLED", AccountDisabled)])
async def test_a_state_from_elsewhere_holds_here(door, importer, hasher, status, refusal):
    """Who was locked out stays locked out."""
    await importer.add(ADA | {"password_hash": await hasher.hash(Password(PASSWORD)), "status": status})

    assert type(await door.refusal(door.sign_in(password=PASSWORD))) is refusal


async def test_nobody_is_written_to_and_each_account_has_its_audit_row(door, importer):
    """No mail and no event for others; the log says where the account came from."""
    await importer.add(ADA, {"email": "grace@example.com"})
    await door.deliver()
    page = await door.store.audit.page(AuditQuery())

    assert door.post.letters == []
    assert door.outbox.rows == {}
    assert [row.event_type for row in page.items] == ["USER_IMPORTED"] * 2
    assert {row.user_id for row in page.items} == set(door.store.users.rows)
    assert page.items[0].details == {"by": "operator", "source": "import"}


async def test_judging_writes_nothing(door, importer):
    """A file can be looked through before."""
    judged = await importer.judge(ADA)

    assert len(judged[0].added) == 1
    assert door.store.users.rows == {}


async def test_nobody_else_imports(door, importer):
    """An ordinary user is refused."""
    actor = Actor(await door.created())

    assert type(await door.refusal(importer.judge(ADA, actor=actor))) is Forbidden


async def test_a_line_that_breaks_rules_leaves_the_others_alone(door, importer):
    """Each bad line says why; the good ones are added."""
    judged = await importer.add(
        ADA, {"email": "nonsense"}, {"password_hash": "x"}, {"email": "x@example.com", "role": "r"}
    )

    assert codes(judged) == [[], [("/email", "invalid_email")], [("/email", "required")], [("/role", "unknown_role")]]
    assert [user.email for user in door.store.users.rows.values()] == ["ada@example.com"]


async def test_a_line_that_could_not_be_read_is_refused_with_its_reason(door):
    """The reader of the file has said what is wrong."""
    flaw = Violation("/line", "unreadable")
    lines = [Line(number=2, flaw=flaw)]

    judged = await door.auth.import_users.judge(lines, door.operator, met=Importer(door).met)

    assert (judged[0].line, judged[0].problems) == (2, (flaw,))


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        ("md5$x$y", "unknown_hash"),
        ("$2b$12$x", "broken_hash"),
        ("pbkdf2_sha256$1000000000000$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "costly_hash"),
    ],
)
async def test_a_hash_that_could_never_match_is_refused(importer, stored, code):
    """It is told now, and not by users who cannot sign in."""
    judged = await importer.judge(ADA | {"password_hash": stored})

    assert codes(judged) == [[("/password_hash", code)]]


async def test_a_file_says_everything_once(importer):
    """A second line for the same id, address or name is refused and names the first."""
    one = {"id": str(UUID(int=1)), "email": "ada@example.com", "username": "ada"}
    judged = await importer.judge(one, one, {"email": "ADA@example.com"}, {"username": "ada"})

    assert codes(judged) == [
        [],
        [("/id", "repeated"), ("/email", "repeated"), ("/username", "repeated")],
        [("/email", "repeated")],
        [("/username", "repeated")],
    ]
    assert judged[1].problems[0].params == {"line": 2}


async def test_a_batch_that_overtakes_another_is_no_earlier_in_the_file(door, importer, monkeypatch):
    """The first batch waits for the database; the second, which is done before it, still repeats its address."""
    overtaken, asked = asyncio.Event(), iter((True, False))

    async def slowly(ids, identifiers):
        if next(asked):
            await overtaken.wait()
        return []

    monkeypatch.setattr(door.store.users, "matching", slowly)
    first, second = ([Line(number=n, record=ADA)] for n in (2, 3))
    waiting = asyncio.create_task(door.auth.import_users.judge(first, door.operator, met=importer.met))
    await asyncio.sleep(0)
    repeated = await door.auth.import_users.judge(second, door.operator, met=importer.met)
    overtaken.set()

    assert codes(await waiting) == [[]]
    assert repeated[0].problems == (Violation("/email", "repeated", {"line": 2}),)


async def test_lines_that_were_checked_need_no_memory_of_others(door):
    """Who leaves repeated lines out himself says so."""
    judged = await door.auth.import_users([Line(number=2, record=ADA)], door.operator, met=None)

    assert [len(one.added) for one in judged] == [1]


async def test_running_again_changes_nothing(door, importer):
    """Whoever is there already is passed over, with an id and without, and though he has signed in meanwhile."""
    records = [
        ADA | {"password": PASSWORD},
        {"id": str(UUID(int=1)), "email": "grace@example.com", "created_at": "2024-01-02T00:00:00Z"},
    ]
    await importer.add(*records)
    await door.sign_in(password=PASSWORD)
    before = dict(door.store.users.rows)

    judged = await importer.add(*records)

    assert [(one.is_there, one.added) for one in judged] == [(True, ()), (True, ())]
    assert door.store.users.rows == before
    assert await door.audit(event_type="USER_IMPORTED") == ["USER_IMPORTED"] * 2


async def test_what_belongs_to_somebody_else_is_refused(door, importer):
    """An account that differs in who it is, or another id with the same address, is nobody's to overwrite."""
    await door.created("ada@example.com", first_name="Adele")
    await Importer(door).add({"id": str(UUID(int=1)), "email": "grace@example.com"})

    judged = await importer.judge(
        ADA,
        {"id": str(UUID(int=2)), "email": "grace@example.com"},
        {"id": str(UUID(int=1)), "email": "new@example.com"},
        {"id": str(UUID(int=1)), "email": "ada@example.com"},
    )

    assert codes(judged) == [
        [("/email", "taken")],
        [("/email", "taken")],
        [],
        [("/id", "repeated"), ("/email", "repeated")],
    ]
    assert judged[2].is_there


async def test_an_id_and_an_address_of_two_accounts_are_refused(door, importer):
    """The address is somebody else's."""
    await importer.add({"id": str(UUID(int=1)), "email": "grace@example.com"}, ADA)

    again = await Importer(door).judge({"id": str(UUID(int=1)), "email": "ada@example.com"})

    assert codes(again) == [[("/email", "taken")]]


@pytest.mark.parametrize("record", [{"email": "ada@example.com"}, {"id": str(UUID(int=1)), "username": "someone"}])
async def test_who_comes_first_meanwhile_is_seen_at_the_next_try(door, importer, monkeypatch, record):
    """Another import or a sign-up between look and write: nothing is half done, and the call may be tried again."""
    await importer.add({"id": str(UUID(int=1)), "email": "ada@example.com"})

    async def nobody(ids, identifiers):
        return []

    monkeypatch.setattr(door.store.users, "matching", nobody)
    refusal = await door.refusal(Importer(door).add({"email": "new@example.com"}, record))

    assert type(refusal) is Stale
    assert len(door.store.users.rows) == 1


async def test_two_imports_at_once_add_everybody_once(door):
    """Both may run; one of them finds the accounts there."""
    records = [{"email": f"p{n}@example.com", "password": PASSWORD} for n in range(4)]

    outcomes = await asyncio.gather(*(Importer(door).add(*records) for _ in range(2)), return_exceptions=True)

    assert len([outcome for outcome in outcomes if isinstance(outcome, Stale)]) == 1
    assert len(door.store.users.rows) == 4


async def test_who_vouches_makes_verified_accounts(door, importer):
    """Profiles that ask for a proven address let them in."""
    await importer.add(ADA, vouched=True)

    assert (await door.user()).verified_at == door.clock()


async def test_export_gives_everybody_back(door, importer):
    """Oldest first, page by page, and the audit log knows of it."""
    records = [{"id": str(UUID(int=n)), "email": f"p{n}@example.com"} for n in range(1, 1004)]
    await importer.add(*records)

    pages = [page async for page in door.auth.export_users(door.operator, with_hashes=True)]
    page = await door.store.audit.page(AuditQuery(event_type="DATA_EXPORTED"))

    assert [len(users) for users in pages] == [1000, 3]
    assert [write_record(user)["id"] for users in pages for user in users] == [record["id"] for record in records]
    assert page.items[0].details == {"by": "operator", "users": "all", "with_hashes": True}


async def test_nobody_else_exports(door):
    """An ordinary user is refused."""
    actor = Actor(await door.created())

    async def export():
        return [page async for page in door.auth.export_users(actor, with_hashes=False)]

    assert type(await door.refusal(export())) is Forbidden


async def test_export_gives_those_who_match(door):
    """Oldest first, whatever was asked for; what was looked for is masked, as it may be somebody's address."""
    await door.created("b@example.com", verified=False)
    door.clock.advance(seconds=1)
    await door.created("a@example.com", verified=False)
    await door.created("c@example.com")
    query = UserQuery(text="example.com", verified=False, sort="email", limit=1)

    pages = [page async for page in door.auth.export_users(door.operator, with_hashes=False, query=query)]
    (row,) = (await door.store.audit.page(AuditQuery(event_type="DATA_EXPORTED"))).items

    assert [user.email for page in pages for user in page] == ["b@example.com", "a@example.com"]
    assert row.details == {"by": "operator", "users": {"verified": "False", "text": "e***"}, "with_hashes": False}
