"""The engine on its in-memory adapters, with a clock, a post box and a listener that tests can steer."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings

from doorward.adapters.common_passwords import ZxcvbnCommonPasswords
from doorward.adapters.hashing import PooledPasswordHasher
from doorward.adapters.jwt import JwtTokenIssuer
from doorward.adapters.key_ring import CachedKeyRing
from doorward.adapters.keys import HmacSecretMinter
from doorward.adapters.memory import MemoryCounters, MemoryOutbox, MemoryStore
from doorward.auth import Auth, Parts, Policies, assemble
from doorward.domain.actor import Actor
from doorward.domain.errors import Unavailable
from doorward.domain.event_data import data_of
from doorward.domain.events import Client
from doorward.domain.identifiers import parse_email
from doorward.domain.password import Password
from doorward.domain.policies.hashing import HashingPolicy
from doorward.domain.policies.lockout import LockoutPolicy
from doorward.domain.policies.password import PasswordPolicy
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.domain.policies.reset import ResetPolicy
from doorward.domain.policies.session import SessionPolicy
from doorward.domain.policies.verification import VerificationPolicy
from doorward.domain.registration import SignUp
from doorward.domain.user import Profile, Role
from doorward.ports.delivery import DeliveryFailed, Voice
from doorward.ports.store import AuditQuery
from doorward.ports.writes import Record
from doorward.use_cases.activate_account import Activation
from doorward.use_cases.sign_in import Credentials
from doorward.use_cases.verify_email import AddressProof

settings.register_profile("unit", deadline=None)
settings.load_profile("unit")

SECRET = "a secret that is long enough for every key of these tests"
ISSUER = "https://door.example.com"
START = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
RIGHT = "correct horse battery staple"
MINUTE = timedelta(minutes=1)

MODERN = Policies(
    registration=RegistrationPolicy(),
    password=PasswordPolicy(),
    verification=VerificationPolicy(),
    lockout=LockoutPolicy(),
    reset=ResetPolicy(),
    session=SessionPolicy(),
)
REVEALING = replace(MODERN, registration=RegistrationPolicy(duplicates="reveal"))
PROFILES = {
    "modern": MODERN,
    "signup-signin": replace(
        REVEALING,
        password=PasswordPolicy(block_common=False, history=0),
        verification=VerificationPolicy(mode="off"),
        lockout=LockoutPolicy(mode="lock", max_failures=3),
    ),
    "email-or-phone": replace(
        REVEALING,
        registration=RegistrationPolicy(duplicates="reveal", required_fields=("password",)),
        password=PasswordPolicy(block_common=False, history=24, max_age=timedelta(days=30)),
        verification=VerificationPolicy(mode="off"),
        reset=ResetPolicy(link_ttl=timedelta(hours=24), max_requests=3, window=timedelta(hours=24)),
    ),
    "delay": replace(REVEALING, verification=VerificationPolicy(mode="off")),
    "code-activation": replace(REVEALING, verification=VerificationPolicy(code_length=4, code_ttl=MINUTE, link=False)),
    "link-activation": replace(
        REVEALING,
        verification=VerificationPolicy(
            mode="optional", code_length=4, code_ttl=MINUTE, link_ttl=MINUTE, link_needs="code"
        ),
    ),
}


@dataclass
class Clock:
    """Time that stands still until a test moves it."""

    moment: datetime = START

    def __call__(self):
        return self.moment

    def advance(self, **duration):
        self.moment += timedelta(**duration)


@dataclass
class PostBox:
    """A mailer that keeps letters, after raising the failures that a test has prepared."""

    letters: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    on_send: object = None

    async def send(self, mail, hear=None):
        if hear:
            hear(Voice.CLIENT, "NOOP")
        if self.failures:
            raise self.failures.pop(0)
        if self.on_send:
            await self.on_send()
        self.letters.append(mail)

    async def check(self):
        return None


class PlainLetters:
    """Writes what it was told, word by word."""

    def write(self, kind, params, language):
        told = f"{params['first_name']} {params['code']} {params['link']}" if "first_name" in params else ""
        return kind.value, told, f"<p>{told}</p>"

    def write_text(self, kind, params, language):
        return f"{kind.value} {params['code']} {params['link']}"


@dataclass
class Listener:
    """A publisher that keeps events, and fails as long as a test wants."""

    events: list = field(default_factory=list)
    failures: int = 0
    is_away: bool = False

    async def ready(self):
        if self.is_away:
            raise Unavailable("broker")

    async def publish(self, event):
        if self.failures:
            self.failures -= 1
            raise DeliveryFailed("nobody listens")
        self.events.append(event)


@dataclass
class Engine:
    """An assembled engine and shorthand for what most tests do with it."""

    auth: Auth
    clock: Clock
    post: PostBox
    listener: Listener
    store: MemoryStore
    counters: MemoryCounters
    outbox: MemoryOutbox
    hasher: PooledPasswordHasher
    secrets: HmacSecretMinter
    texts: PostBox
    client: Client = Client("192.0.2.7", "a laptop")
    operator: Actor = Actor(None)

    async def created(self, email="ada@example.com", *, password=RIGHT, verified=True, role=Role.USER, **profile):
        """An account that the operator has added."""
        sign_up = SignUp(email=email, password=Password.typed(password), profile=Profile(**profile))
        return await self.auth.create_user(sign_up, self.operator, role=role, verified=verified)

    async def admin(self, email="root@example.com"):
        """An administrator who acts."""
        return Actor(await self.created(email, role=Role.ADMIN), self.client)

    def form(self, email="ada@example.com", *, password=RIGHT, username=None, **profile):
        """What a person sends to sign up."""
        typed = Password.typed(password)
        return SignUp(email=email, username=username, password=typed, profile=Profile(**profile), client=self.client)

    def sign_in(self, identifier="ada@example.com", password=RIGHT, *, network="unknown"):
        typed = Password.typed(password)
        return self.auth.sign_in(
            Credentials(identifier=identifier, password=typed, client=replace(self.client, network=network))
        )

    async def fail(self, times, identifier="ada@example.com"):
        """Type a wrong password some times and return the refusals."""
        return [await self.refusal(self.sign_in(identifier, "wrong password")) for _ in range(times)]

    async def current(self, identifier="ada@example.com", password=RIGHT):
        """The session of a fresh sign-in, as a request would have it."""
        signed_in = await self.sign_in(identifier, password)
        return await self.auth.authenticate(signed_in.access.token)

    async def user(self, email="ada@example.com"):
        return await self.store.users.find(parse_email(email))

    async def deliver(self):
        """Hand all waiting messages over and return the newest letter."""
        while await self.auth.deliver_messages("tests"):
            continue
        return self.post.letters[-1] if self.post.letters else None

    def activate(self, code, *, identifier="ada@example.com", password=RIGHT):
        typed = Password.typed(password)
        return self.auth.activate_account(
            Activation(identifier=identifier, password=typed, code=code, client=self.client)
        )

    def verify(self, **proof):
        """Show a proof of an address; `link` stands for its token, `password` is plain text."""
        if "link" in proof:
            proof["token"] = self.token(proof.pop("link"))
        if "password" in proof:
            proof["password"] = Password.typed(proof["password"])
        return self.auth.verify_email(AddressProof(client=self.client, **proof))

    def token(self, link):
        return link.partition("?token=")[2]

    def wrong(self, code):
        """A code of the same length that is not this one."""
        return code[:-1] + str((int(code[-1]) + 1) % 10)

    async def audit(self, **query):
        """Names of the audit rows, newest first."""
        page = await self.store.audit.page(AuditQuery(limit=1000, **query))
        return [row.event_type for row in page.items]

    async def refusal(self, call):
        """What an awaitable raises."""
        try:
            await call
        except Exception as raised:
            return raised
        raise AssertionError("it was not refused")


@pytest.fixture(scope="session")
def hasher():
    """A real hasher that is as quick as Argon2 can be."""
    quick = PooledPasswordHasher(HashingPolicy(memory_kib=8, time_cost=1, slots=2))
    yield quick
    quick.close()


@pytest.fixture(scope="session")
def common():
    return ZxcvbnCommonPasswords()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client():
    return Client("192.0.2.7", "a laptop")


def documented(changes):
    """Whatever a test makes happen: what goes out has only members that the documents name."""
    for happened in (change.event for change in changes if isinstance(change, Record)):
        assert happened.type.wire_name is None or set(happened.details) <= set(data_of(happened.type)), happened.type


@pytest.fixture
def engine(hasher, common, clock):
    """A builder: a profile's name, and policies that differ from it."""

    def build(profile="signup-signin", *, hasher=hasher, has_sms=True, **policies):
        chosen = replace(PROFILES[profile], **policies)
        outbox, counters, secrets = MemoryOutbox(), MemoryCounters(), HmacSecretMinter(SECRET)
        store, post, texts, listener = MemoryStore(outbox, committed=documented), PostBox(), PostBox(), Listener()
        keys = CachedKeyRing(store.signing_keys, clock)
        issuer = JwtTokenIssuer(SECRET, algorithm="EdDSA", issuer=ISSUER, ttl=chosen.session.access_ttl, keys=keys)
        parts = Parts(
            store=store,
            counters=counters,
            outbox=outbox,
            hasher=hasher,
            common=common,
            secrets=secrets,
            issuer=issuer,
            mailer=post,
            texter=texts if has_sms else None,
            letters=PlainLetters(),
            publisher=listener,
            now=clock,
            public_url=ISSUER,
        )
        auth = assemble(parts, chosen)
        return Engine(auth, clock, post, listener, store, counters, outbox, hasher, secrets, texts)

    return build
