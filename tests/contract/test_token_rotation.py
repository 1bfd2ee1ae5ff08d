"""Access tokens under more than one key: generations of one secret, and former secrets."""

import base64
import json
from datetime import timedelta

import pytest

from doorward.adapters.jwt import JwtTokenIssuer
from doorward.adapters.key_ring import CachedKeyRing
from doorward.domain.errors import TokenInvalid
from doorward.domain.signing import SigningKey
from doorward.ports.writes import PutSigningKey

ALGORITHMS = ["ES256", "EdDSA", "HS256"]
OLD, NEW = "a secret of the service, long enough to be one", "another secret of the service, as long as that"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture(params=ALGORITHMS)
def algorithm(request):
    return request.param


@pytest.fixture
def worker(store, algorithm):
    """A process of its own on the same database; `at` is its clock."""

    def start(secret=OLD, *, previous=(), algorithm=algorithm, at):
        return JwtTokenIssuer(
            secret,
            algorithm=algorithm,
            issuer="https://accounts.example",
            ttl=timedelta(minutes=15),
            keys=CachedKeyRing(store.signing_keys, lambda: at),
            previous=previous,
        )

    return start


@pytest.fixture
def user(make):
    return make.user()


@pytest.fixture
def session(make, user):
    return make.session(user_id=user.id)


def _key_id(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"]


async def _reads(issuer, token, now):
    try:
        await issuer.read(token, now)
    except TokenInvalid:
        return False
    return True


@pytest.fixture
async def rotated(store, now):
    """A second generation signs from a minute from now, and the first ends an hour later."""
    first = SigningKey(generation=1, created_at=now, signs_from=now, verify_until=now + timedelta(hours=1))
    await store.commit(
        PutSigningKey(first), PutSigningKey(SigningKey(generation=2, created_at=now, signs_from=now + MINUTE))
    )
    return first


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"], indirect=True)
async def test_tokens_of_both_generations_are_read_on_every_worker(worker, rotated, user, session, now):
    """Before and after the change of the signer, whichever worker signed and whichever reads."""
    later = now + MINUTE
    earlier, newer = worker(at=now), worker(at=later)
    tokens = [(await earlier.issue(session, user, now)).token, (await newer.issue(session, user, later)).token]

    assert len({_key_id(token) for token in tokens}) == 2
    assert [await _reads(reader, token, later) for reader in (earlier, newer) for token in tokens] == [True] * 4


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"], indirect=True)
async def test_a_generation_ends_at_its_time(worker, rotated, make, user, now):
    """Its tokens are refused from then on, even if their own time is not up; and it is not published."""
    end = rotated.verify_until
    session = make.session(user_id=user.id, expires_at=end + timedelta(days=1))
    signer = worker(at=now)
    token = (await signer.issue(session, user, now)).token
    issuer = worker(at=end)

    assert await _reads(worker(at=now), token, now)
    assert not await _reads(issuer, token, end)
    assert len((await issuer.jwks(end))["keys"]) == 1


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"], indirect=True)
async def test_the_key_set_holds_every_key_that_counts(worker, rotated, user, session, now):
    """The next one too, and those of former secrets: who checks tokens himself finds each of them."""
    issuer = worker(NEW, previous=[OLD], at=now)
    published = {key["kid"] for key in (await issuer.jwks(now))["keys"]}
    tokens = [(await one.issue(session, user, now)).token for one in (worker(at=now), worker(NEW, at=now + MINUTE))]

    assert len(published) == 4
    assert {_key_id(token) for token in tokens} <= published


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"], indirect=True)
async def test_a_worker_learns_of_a_new_generation_from_a_token(store, worker, user, session, now):
    """One that has read the list a moment ago looks once more when a token names a key that it does not know."""
    reader = worker(at=now)
    await reader.jwks(now)
    await store.commit(PutSigningKey(SigningKey(generation=2, created_at=now, signs_from=now)))
    token = (await worker(at=now).issue(session, user, now)).token

    assert await _reads(reader, token, now)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"], indirect=True)
async def test_the_first_generation_is_the_one_from_before_there_were_any(worker, user, session, now, store):
    """An installation that rotates for the first time keeps the tokens that are out."""
    token = (await worker(at=now).issue(session, user, now)).token
    await store.commit(PutSigningKey(SigningKey(generation=1, created_at=now, signs_from=now)))

    assert await _reads(worker(at=now), token, now)


async def test_tokens_of_a_former_secret_are_read(worker, user, session, now):
    """With every algorithm; new ones are signed under the current secret."""
    issuer = worker(NEW, previous=[OLD], at=now)
    token = (await worker(at=now).issue(session, user, now)).token
    fresh = (await issuer.issue(session, user, now)).token

    assert await _reads(issuer, token, now)
    assert await _reads(worker(NEW, at=now), fresh, now)
    assert not await _reads(worker(NEW, at=now), token, now)


async def test_a_secret_that_is_named_twice_is_one(worker, now):
    """Naming the current one as former, too, changes nothing."""
    keys = await worker(OLD, previous=[OLD], at=now).jwks(now)

    assert keys is None or len(keys["keys"]) == 1


@pytest.mark.parametrize("algorithm", ["HS256"], indirect=True)
async def test_a_shared_secret_has_no_generations(worker, rotated, user, session, now):
    """Rows of another algorithm's rotation end nothing."""
    long_after = rotated.verify_until + MINUTE
    token = (await worker(at=long_after).issue(session, user, long_after)).token

    assert await _reads(worker(at=long_after), token, long_after)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])  # a shared secret has no generations
async def test_a_revoked_key_ends_what_was_read_a_moment_ago(store, algorithm, user, session, now):
    """That its signature was checked counts no longer than the key."""
    ring_time = [now]
    issuer = JwtTokenIssuer(
        OLD,
        algorithm=algorithm,
        issuer="https://accounts.example",
        ttl=timedelta(minutes=15),
        keys=CachedKeyRing(store.signing_keys, lambda: ring_time[0]),
    )
    token = (await issuer.issue(session, user, now)).token
    assert await _reads(issuer, token, now)
    first = SigningKey(generation=1, created_at=now, signs_from=now, revoked_at=now)
    await store.commit(PutSigningKey(first), PutSigningKey(SigningKey(generation=2, created_at=now, signs_from=now)))
    ring_time[0] = now + 2 * SECOND

    assert not await _reads(issuer, token, now + 2 * SECOND)
