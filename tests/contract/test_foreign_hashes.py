"""Hashes that other systems made: right for their passwords, never dear enough to stop the service."""

import base64
from contextlib import ExitStack

import pytest

from doorward.adapters.hashing import FirebaseKey, PooledPasswordHasher
from doorward.domain.password import UNUSABLE, Password
from doorward.domain.policies.hashing import HashingPolicy
from support.foreign import FIREBASE_SETTINGS, FOREIGN_PASSWORD, foreign_hashes

RIGHT, WRONG = Password(FOREIGN_PASSWORD), Password("a long walk in the dark")
HASHES = foreign_hashes()
KEY = FirebaseKey.read(*FIREBASE_SETTINGS.values())
# The example that Firebase publishes with its scrypt.
PUBLISHED_KEY = FirebaseKey.read(
    "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==", "Bw=="
)
PUBLISHED = (
    "$firebase-scrypt$ln=14,r=8$42xEC+ixf3L2lw==$"
    "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
)
DIGEST = base64.b64encode(bytes(32)).decode()


@pytest.fixture(params=["argon2id", "bcrypt"])
def algorithm(request):
    return request.param


@pytest.fixture
def new_hasher(algorithm):
    """Build hashers with cheap parameters; they are closed at the end."""
    with ExitStack() as stack:

        def build(firebase=KEY, **members):
            cheap = {"memory_kib": 64, "time_cost": 1, "bcrypt_cost": 4, "slots": 1, "algorithm": algorithm}
            hasher = PooledPasswordHasher(HashingPolicy(**cheap | members), firebase=firebase)
            stack.callback(hasher.close)
            return hasher

        yield build


@pytest.fixture
def hasher(new_hasher):
    return new_hasher()


@pytest.mark.parametrize("kind", HASHES)
async def test_a_hash_from_elsewhere_is_of_its_own_password(hasher, kind):
    """Every kind matches the password that it was made of and no other, and has no flaw."""
    assert hasher.flaw(HASHES[kind]) is None
    assert await hasher.verify(HASHES[kind], RIGHT)
    assert not await hasher.verify(HASHES[kind], WRONG)
    assert await hasher.matches_any((HASHES[kind],), RIGHT)


@pytest.mark.parametrize("kind", HASHES)
async def test_a_hash_from_elsewhere_is_outdated(hasher, algorithm, kind):
    """At the next sign-in it is made anew; the cheap ones of this test's own scheme are outdated by their cost."""
    is_own = {"argon2": "argon2id", "bcrypt": "bcrypt"}.get(kind) == algorithm

    assert hasher.is_outdated(HASHES[kind]) is not is_own


@pytest.mark.parametrize(
    ("stored", "password"),
    [
        ("pbkdf2_sha1$1$salt$DGDID5YfDnHzqbUkr2ASBi/gN6Y=", "password"),  # RFC 6070
        ("pbkdf2_sha1$4096$salt$SwB5AbdlSJq+rUnZJvch0GWkKcE=", "password"),  # RFC 6070
        (
            "pbkdf2_sha256$1$salt$"
            "VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2RZkWZLOdd+8xfHG4RbHjC9UJESBB06GXgw==",
            "passwd",
        ),  # RFC 7914
        (
            "scrypt$NaCl$1024$8$16$"
            "/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA==",
            "password",
        ),  # RFC 7914
        (
            "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
            "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
            "pleaseletmein",
        ),  # RFC 7914
        (PUBLISHED, "user1password"),
    ],
)
async def test_published_examples_match(new_hasher, stored, password):
    """What the standards and Firebase print as examples is right here too."""
    hasher = new_hasher(PUBLISHED_KEY)

    assert hasher.flaw(stored) is None
    assert await hasher.verify(stored, Password(password))
    assert not await hasher.verify(stored, WRONG)


COSTLY = [
    f"pbkdf2_sha256$1000000000000$salt${DIGEST}",
    f"pbkdf2_sha256$10000001$salt${DIGEST}",
    f"pbkdf2_sha256$2600000$salt${'A' * 168}",
    f"pbkdf2_sha1$1700000$salt${'A' * 168}",
    f"$scrypt$ln=23,r=8,p=1$c2FsdA${DIGEST}",  # 8 GiB
    f"$scrypt$ln=999,r=8,p=1$c2FsdA${DIGEST}",
    f"$scrypt$ln=14,r=8,p=100000$c2FsdA${DIGEST}",
    f"scrypt$salt${2**40}$8$1${DIGEST}",
    f"$firebase-scrypt$ln=30,r=8$c2FsdA==${DIGEST}",
    "$argon2id$v=19$m=8388608,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2g",
    "$argon2id$v=19$m=65536,t=100000,p=1$c29tZXNhbHQ$c29tZWhhc2g",
    "$argon2id$v=19$m=65536,t=1,p=100000$c29tZXNhbHQ$c29tZWhhc2g",
    "argon2$argon2id$v=19$m=8388608,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2g",
    f"$2b$31${'a' * 53}",
    f"bcrypt_sha256$$2b$31${'a' * 53}",
]


@pytest.mark.parametrize("stored", COSTLY)
async def test_a_hash_that_costs_too_much_is_never_computed(hasher, stored):
    """It is known by its parameters and matches nothing; this test would not end if it were computed."""
    assert hasher.flaw(stored) == "costly_hash"
    assert not await hasher.verify(stored, RIGHT)
    assert not await hasher.matches_any((stored, stored), RIGHT)


BROKEN = [
    "pbkdf2_sha256$",
    "pbkdf2_sha256$0$salt$" + DIGEST,
    "pbkdf2_sha256$-1$salt$" + DIGEST,
    "pbkdf2_sha256$1000$salt$short",
    "pbkdf2_sha256$1000$salt$" + "\u00e9" * 24,
    f"pbkdf2_sha256$1000$salt${base64.b64encode(bytes(500)).decode()}",
    "$scrypt$ln=0,r=8,p=1$c2FsdA$" + DIGEST,
    "$scrypt$ln=4,r=0,p=1$c2FsdA$" + DIGEST,
    "$scrypt$ln=4,r=8,p=1$c2FsdA$!!!",
    "scrypt$salt$1000$8$1$" + DIGEST,
    "scrypt$salt$16$8$0$" + DIGEST,
    "$firebase-scrypt$ln=4$c2FsdA==$" + DIGEST,
    "$firebase-scrypt$ln=4,r=8$c2FsdA==$AAAA",
    "$argon2id$v=19$m=64,t=1,p=1$!$!",
    "$2b$12$tooshort",
    "bcrypt$$2b$12$tooshort",
]


@pytest.mark.parametrize("stored", BROKEN)
async def test_a_damaged_hash_is_known_as_such(hasher, stored):
    """What could never match is told when it is imported, and is a wrong password afterwards."""
    assert hasher.flaw(stored) == "broken_hash"
    assert not await hasher.verify(stored, RIGHT)


@pytest.mark.parametrize("stored", ["", "x", "md5$salt$0123", "5f4dcc3b5aa765d61d8327deb882cf99", "argon2", "bcrypt$x"])
async def test_a_hash_of_an_unknown_kind_is_known_as_such(hasher, stored):
    """Other schemes are named as unknown, and match nothing."""
    assert hasher.flaw(stored) == "unknown_hash"
    assert not await hasher.verify(stored, RIGHT)


async def test_firebase_needs_the_key_of_its_project(new_hasher):
    """Without the key nothing can be compared; with another project's key nothing matches."""
    keyless, other = new_hasher(None), new_hasher(PUBLISHED_KEY)

    assert keyless.flaw(HASHES["firebase"]) == "keyless_hash"
    assert [await hasher.verify(HASHES["firebase"], RIGHT) for hasher in (keyless, other)] == [False, False]


async def test_the_key_of_a_project_never_shows_itself():
    """It is a secret like the service's own."""
    assert "signer_key" not in repr(KEY)


async def test_no_password_is_no_flaw_and_no_match(hasher):
    """An account may wait for its first password; until then nothing is right, at the price of a wrong password."""
    before = hasher.computed

    assert hasher.flaw(UNUSABLE) is None
    assert not any([await hasher.verify(UNUSABLE, Password(text)) for text in ("!", "", FOREIGN_PASSWORD)])
    assert hasher.computed - before == 3


@pytest.mark.parametrize("kind", HASHES)
async def test_odd_passwords_are_wrong_and_break_nothing(hasher, kind):
    """Empty, long and half characters are compared or refused, never raised."""
    typed = [Password(text) for text in ("", "x" * 1024, "x" * 2000, "a\0b", "\ud800", "é" * 80)]

    assert not any([await hasher.verify(HASHES[kind], password) for password in typed])


async def test_own_parameters_are_never_too_costly(new_hasher, algorithm):
    """What the operator chose for new hashes is compared, whatever it costs."""
    dear = new_hasher(bcrypt_cost=4, memory_kib=64, time_cost=100)
    hashed = await dear.hash(RIGHT)

    assert dear.flaw(hashed) is None
    assert await dear.verify(hashed, RIGHT)
