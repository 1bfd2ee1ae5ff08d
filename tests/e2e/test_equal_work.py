"""Whether somebody has an account changes nothing in the work that an answer takes.

What is counted here cannot be noise: password hashes computed and statements sent. `make test-timing` measures.
"""

import shutil
from collections import namedtuple
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from doorward.adapters.hashing import PooledPasswordHasher
from doorward.domain.actor import Actor
from doorward.domain.errors import AuthError
from doorward.domain.events import Client
from doorward.domain.identifiers import Kind
from doorward.domain.password import Password
from doorward.domain.policies.hashing import HashingPolicy
from doorward.domain.registration import SignUp
from doorward.domain.user import Profile, Role
from doorward.use_cases.change_identifier import IdentifierChange
from doorward.use_cases.correct_address import AddressCorrection
from doorward.use_cases.sign_in import Credentials
from model.world import World, policies
from support import servers

PROFILES = ("modern", "signup-signin", "email-or-phone", "oauth2-password", "code-activation", "link-activation")
KNOWN, UNKNOWN, RIGHT, WRONG = "known@example.com", "nobody@example.com", "Sound of Rain 1!", "Sound of Wind 2?"
HERE = Client("192.0.2.7", "a laptop", "at home")
Work = namedtuple("Work", "hashes statements")


@pytest.fixture(scope="module")
def hasher():
    quick = PooledPasswordHasher(HashingPolicy(memory_kib=8, time_cost=1, slots=1))
    yield quick
    quick.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A migrated database file to be copied."""
    path = tmp_path_factory.mktemp("work") / "empty.db"
    servers.migrate(f"sqlite:///{path}")
    return path


class Door:
    """An engine on SQLite with one account, which counts what it does."""

    def __init__(self, profile, hasher, path):
        self.world = World(policies(profile, {}), hasher, path)
        self.auth, self.hasher = self.world.auth, hasher
        self.create(KNOWN)

    def create(self, email):
        sign_up = SignUp(
            email=email, password=Password.typed(RIGHT), profile=Profile(first_name="Zoe", last_name="Oak")
        )
        self.world.run(self.auth.create_user(sign_up, Actor(None), role=Role.USER, verified=True))

    def sign_in(self, name, password=WRONG):
        return self.auth.sign_in(Credentials(identifier=name, password=Password.typed(password), client=HERE))

    def register(self, name):
        typed = Password.typed(WRONG)
        return self.auth.register_concealed(SignUp(email=name, password=typed, client=HERE))

    def correct(self, handle, wanted, password):
        typed = Password.typed(password)
        correction = AddressCorrection(email=wanted, password=typed, client=HERE)
        return self.auth.correct_address.of_waiting(handle, correction)

    async def change_email(self, wanted):
        signed_in = await self.sign_in(KNOWN, RIGHT)
        current = await self.auth.authenticate(signed_in.access.token)
        change = IdentifierChange(
            current=current, kind=Kind.EMAIL, wanted=wanted, password=Password.typed(RIGHT), client=HERE
        )
        await self.auth.change_identifier.request(change)

    def work(self, call):
        """What a call takes, whether it is refused or not."""
        before = self.hasher.computed
        with heard() as statements:
            try:
                self.world.run(call)
            except AuthError as refused:
                statements.append(refused.code)
        return Work(self.hasher.computed - before, statements)


@contextmanager
def heard():
    """The statements that are sent meanwhile."""
    statements = []

    def listen(connection, cursor, statement, *rest):
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


@pytest.fixture
def opened(hasher, empty, tmp_path):
    """Builds a service of a profile."""
    doors = []

    def build(profile):
        path = tmp_path / f"{len(doors)}.db"
        shutil.copyfile(empty, path)
        doors.append(Door(profile, hasher, path))
        return doors[-1]

    yield build
    for door in doors:
        door.world.close()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_wrong_password_takes_the_work_of_an_unknown_name(opened, profile):
    """The first time and the second time."""
    door = opened(profile)

    known, unknown = ([door.work(door.sign_in(name)) for _ in range(2)] for name in (KNOWN, UNKNOWN))

    assert known == unknown
    assert [work.hashes for work in known] == [1, 1]


@pytest.mark.parametrize("profile", PROFILES)
def test_forgetting_takes_the_same_work_for_everybody(opened, profile):
    """The request is noted, whoever it is about."""
    door = opened(profile)

    known, unknown = (door.work(door.auth.forgot_password(name, HERE)) for name in (KNOWN, UNKNOWN))

    assert known == unknown


def test_a_concealed_sign_up_takes_the_same_work(opened):
    """For a free address, and for a taken one."""
    door = opened("modern")

    known, unknown = (door.work(door.register(name)) for name in (KNOWN, UNKNOWN))

    assert known == unknown


def test_resending_takes_the_same_work(opened):
    """For a sign-up that can succeed, and for a decoy; too early, and later."""
    door = opened("modern")
    handles = [door.world.run(door.register(name)) for name in (KNOWN, UNKNOWN)]
    door.world.deliver()

    early = [door.work(door.auth.resend_code.to_waiting(handle, HERE)) for handle in handles]
    door.world.set_clock(60_000)
    late = [door.work(door.auth.resend_code.to_waiting(handle, HERE)) for handle in handles]

    assert (early[0], late[0]) == (early[1], late[1])


def test_correcting_an_address_takes_the_same_work(opened):
    """From a sign-up that can succeed and from a decoy, to a free address and to a taken one; and a wrong password."""
    works, refused = [], []
    for mistyped in (KNOWN, UNKNOWN):
        for wanted in ("other@example.com", "free@example.com"):
            door = opened("modern")
            door.create("other@example.com")
            handle = door.world.run(door.register(mistyped))
            refused.append(door.work(door.correct(handle, wanted, RIGHT)))
            works.append(door.work(door.correct(handle, wanted, WRONG)))

    assert works == works[:1] * 4
    assert refused == refused[:1] * 4
    assert works[0].hashes == refused[0].hashes == 1


def test_asking_for_another_address_takes_the_same_work(opened):
    """Where it is concealed that somebody else has it."""
    works = []
    for wanted in ("other@example.com", "free@example.com"):
        door = opened("modern")
        door.create("other@example.com")
        works.append(door.work(door.change_email(wanted)))

    assert works[0] == works[1]
