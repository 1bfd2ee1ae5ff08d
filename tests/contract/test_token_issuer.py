"""Access tokens: what is signed is read, and nothing else."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey

from doorward.adapters.jwt import JwtTokenIssuer
from doorward.adapters.jwt import issuer as jwt_issuer
from doorward.adapters.key_ring import CachedKeyRing
from doorward.adapters.memory import MemoryOutbox, MemoryStore
from doorward.domain.errors import TokenInvalid
from doorward.ports.secrets import AccessClaims

ISSUERS = {"jwt": JwtTokenIssuer}
ALGORITHMS = ["ES256", "EdDSA", "HS256"]
SECRET = "a secret of the service, long enough to be one"
ISSUER = "https://accounts.example"
SKEW = timedelta(seconds=60)


@pytest.fixture(params=ISSUERS)
def new_issuer(request, ring):
    def build(algorithm, *, secret=SECRET, issuer=ISSUER, ttl=timedelta(minutes=15), previous=()):
        return ISSUERS[request.param](secret, algorithm=algorithm, issuer=issuer, ttl=ttl, keys=ring, previous=previous)

    return build


@pytest.fixture(params=ALGORITHMS)
def algorithm(request):
    return request.param


@pytest.fixture
def generations():
    """Where the generations of the key are written down."""
    return MemoryStore(MemoryOutbox())


@pytest.fixture
def ring(generations, now):
    return CachedKeyRing(generations.signing_keys, lambda: now)


@pytest.fixture
def issuer(new_issuer, algorithm):
    return new_issuer(algorithm)


@pytest.fixture
def user(make):
    return make.user()


@pytest.fixture
def session(make, user):
    return make.session(user_id=user.id)


@pytest.fixture
async def token(issuer, session, user, now):
    return (await issuer.issue(session, user, now)).token


def _parts(token):
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]


def _material(issuer, generation=1):
    """The key with which the service signs."""
    return issuer._signatures.key(SECRET, generation).material


def _packed(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.fixture
def forge(issuer, algorithm, token):
    """Sign changed claims under a changed header with the service's own key: only the checks can refuse it."""

    def build(header=(), claims=(), key=None):
        key = key or _material(issuer)
        old_header, old_claims = _parts(token)
        new_header = {k: v for k, v in (old_header | dict(header)).items() if v is not None}
        new_claims = {k: v for k, v in (old_claims | dict(claims)).items() if v is not None}
        return jwt.encode(new_header, new_claims, key, registry=issuer._signatures._registry)

    return build


async def _refuses(issuer, token, now):
    with pytest.raises(TokenInvalid):
        await issuer.read(token, now)
    return True


async def test_a_token_is_read_back(issuer, session, user, now):
    """A token says whose it is, of which session, and until when."""
    issued = await issuer.issue(session, user, now)
    whole = now.replace(microsecond=0)

    assert await issuer.read(issued.token, now) == AccessClaims(user.id, session.id, whole + timedelta(minutes=15))
    assert issued.expires_in == 900


def test_a_token_has_the_claims_of_rfc_9068(token, algorithm, session, user, now):
    """Header and claims are those that resource servers look for, and no personal data."""
    header, claims = _parts(token)

    assert (header["alg"], header["typ"]) == (algorithm, "at+jwt")
    assert set(claims) == {"iss", "aud", "sub", "sid", "jti", "iat", "exp"}
    assert (claims["iss"], claims["aud"]) == (ISSUER, ISSUER)
    assert (claims["sub"], claims["sid"]) == (str(user.id), str(session.id))
    assert (claims["iat"], claims["exp"]) == (int(now.timestamp()), int(now.timestamp()) + 900)


async def test_two_tokens_are_never_the_same(issuer, session, user, now):
    """Each token has an id of its own."""
    ids = {_parts((await issuer.issue(session, user, now)).token)[1]["jti"] for _ in range(20)}

    assert len(ids) == 20


async def test_a_token_does_not_outlive_its_session(issuer, make, user, now):
    """A token of a session that ends soon ends with it."""
    issued = await issuer.issue(make.session(user_id=user.id, expires_at=now + timedelta(seconds=90)), user, now)

    assert issued.expires_in == 90
    assert await _refuses(issuer, issued.token, now + timedelta(seconds=90))


async def test_a_token_ends_at_its_time(issuer, token, session, now):
    """At the last second it is good, at its expiry it is not; there is no leeway."""
    last = datetime.fromtimestamp(int(now.timestamp()) + 900, UTC)

    assert (await issuer.read(token, last - timedelta(microseconds=1))).session_id == session.id
    assert await _refuses(issuer, token, last)


@pytest.mark.parametrize("years", [-20, 20])
async def test_the_clock_is_the_one_that_is_given(issuer, make, user, now, years):
    """Times are judged by the moment handed in, not by the machine's clock."""
    then = now.replace(year=now.year + years)
    session = make.session(user_id=user.id, expires_at=then + timedelta(days=1))

    assert (await issuer.read((await issuer.issue(session, user, then)).token, then)).user_id == user.id


async def test_a_worker_whose_clock_is_a_little_ahead_is_believed(issuer, session, user, now):
    """A token from up to a minute ahead is good, one from further ahead is not."""
    ahead = (await issuer.issue(session, user, now + SKEW)).token
    further = (await issuer.issue(session, user, now + SKEW + timedelta(seconds=1))).token

    assert (await issuer.read(ahead, now)).session_id == session.id
    assert await _refuses(issuer, further, now)


async def test_another_secret_reads_nothing(new_issuer, algorithm, token, now):
    """A token signed under another secret is refused."""
    assert await _refuses(new_issuer(algorithm, secret=SECRET + "!"), token, now)


async def test_another_issuer_reads_nothing(new_issuer, algorithm, token, now):
    """A token of another service with the same secret is refused."""
    assert await _refuses(new_issuer(algorithm, issuer=ISSUER + "/"), token, now)


async def test_another_algorithm_reads_nothing(new_issuer, algorithm, token, now):
    """A service takes the one algorithm that it signs with."""
    others = [other for other in ALGORITHMS if other != algorithm]

    assert all([await _refuses(new_issuer(other), token, now) for other in others])


async def test_a_restarted_service_reads_its_tokens(new_issuer, algorithm, token, session, now):
    """Keys are derived from the secret alone, so tokens stay good over a restart and on every worker."""
    assert (await new_issuer(algorithm).read(token, now)).session_id == session.id


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE"])
async def test_an_unsigned_token_is_refused(issuer, token, now, name):
    """`alg: none` is no signature, with or without the old one behind it."""
    header, claims = _parts(token)
    unsigned = f"{_packed(header | {'alg': name})}.{_packed(claims)}."

    assert await _refuses(issuer, unsigned, now)
    assert await _refuses(issuer, unsigned + token.split(".")[2], now)


@pytest.mark.parametrize("signing", ["ES256", "EdDSA"])
async def test_a_public_key_is_no_shared_secret(new_issuer, signing, session, user, now):
    """HMAC with the published key as its secret (algorithm confusion, RFC 8725 §2.1) is refused."""
    issuer = new_issuer(signing)
    header, claims = _parts((await issuer.issue(session, user, now)).token)
    (public,) = (await issuer.jwks(now))["keys"]
    signed = f"{_packed(header | {'alg': 'HS256'})}.{_packed(claims)}"
    secrets = [
        json.dumps(public).encode(),
        base64.urlsafe_b64decode(public["x"] + "=="),
        _material(issuer).as_pem(False),
    ]
    forged = [f"{signed}.{_packed(hmac.digest(secret, signed.encode(), hashlib.sha256))}" for secret in secrets]

    assert all([await _refuses(issuer, text, now) for text in forged])


async def test_a_key_in_the_token_is_not_believed(issuer, algorithm, forge, now):
    """A token that brings its own key (jwk, jku, x5u) and is signed with it is refused."""
    own = {
        "ES256": lambda: ECKey.generate_key("P-256"),
        "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
        "HS256": lambda: OctKey.generate_key(256),
    }[algorithm]()
    brought = {"jwk": own.as_dict(private=False) if algorithm != "HS256" else own.as_dict()}

    assert await _refuses(issuer, forge(brought, key=own), now)
    assert await _refuses(issuer, forge({"kid": own.thumbprint()}, key=own), now)


@pytest.mark.parametrize(
    "header",
    [{"typ": None}, {"typ": "JWT"}, {"typ": "AT+JWT "}, {"kid": None}, {"kid": "other"}, {"kid": "../../x"}],
    ids=str,
)
async def test_a_token_of_another_type_or_key_id_is_refused(issuer, forge, now, header):
    """Even signed with the right key, a token must be an access token under this key's id."""
    assert await _refuses(issuer, forge(header), now)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": None},
        {"iss": "https://other.example"},
        {"iss": [ISSUER]},
        {"aud": None},
        {"aud": "https://other.example"},
        {"aud": []},
        {"sub": None},
        {"sub": ""},
        {"sub": "no id"},
        {"sub": 5},
        {"sid": None},
        {"sid": 5},
        {"sid": ["x"]},
        {"exp": None},
        {"exp": 0},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": 10**30},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"iat": "yesterday"},
        {"iat": 10**12},
        {"nbf": 10**12},
    ],
    ids=str,
)
async def test_a_token_with_other_claims_is_refused(issuer, forge, now, claims):
    """Even signed with the right key, a claim that is missing, wrong or of another type makes it none."""
    assert await _refuses(issuer, forge(claims=claims), now)


async def test_the_forger_of_these_tests_forges_well(issuer, forge, session, now):
    """Unchanged, a forged token is read: the refusals above are for what was changed."""
    assert (await issuer.read(forge(), now)).session_id == session.id


async def test_a_changed_token_is_refused(issuer, token, now):
    """A change of any part, the signature's last character apart, is found out."""
    header, claims, signature = token.split(".")
    other = _packed(_parts(token)[1] | {"sub": "0" * 32})
    swapped = signature[:5] + ("A" if signature[5] != "A" else "B") + signature[6:]

    assert await _refuses(issuer, f"{header}.{other}.{signature}", now)
    assert await _refuses(issuer, f"{header}.{claims}.{swapped}", now)
    assert await _refuses(issuer, f"{header}.{claims}.", now)
    assert await _refuses(issuer, f"{header}.{claims}", now)


@pytest.mark.parametrize(
    "text",
    [
        *["", ".", "..", "a.b.c", "é.é.é", "\ud800.x.y", "\0", "W10.W10.W10", "bnVsbA.e30.", "x" * 5000, "." * 4000],
        f"{_packed({'alg': 'ES256', 'crit': ['b64'], 'b64': False})}.e30.AAAA",
        f"{_packed(b'[' * 2000)}.e30.AAAA",
    ],
)
async def test_what_is_no_token_is_refused(issuer, now, text):
    """Broken text is TokenInvalid, never another error."""
    assert await _refuses(issuer, text, now)


async def test_a_token_that_is_too_long_is_not_even_looked_at(issuer, forge, now):
    """A well signed token over 4096 characters is refused: nobody makes the service work on megabytes."""
    assert await _refuses(issuer, forge(claims={"pad": "x" * 4096}), now)


@given(text=st.text(max_size=200), parts=st.lists(st.binary(max_size=60), min_size=3, max_size=3))
async def test_no_text_from_outside_breaks_the_reader(text, parts):
    """Whatever comes as a token, the answer is TokenInvalid."""
    ring = CachedKeyRing(MemoryStore(MemoryOutbox()).signing_keys, lambda: datetime.now(UTC))
    issuer = JwtTokenIssuer(SECRET, algorithm="EdDSA", issuer=ISSUER, ttl=timedelta(minutes=15), keys=ring)

    assert await _refuses(issuer, text, datetime.now(UTC))
    assert await _refuses(issuer, ".".join(_packed(part) for part in parts), datetime.now(UTC))


@pytest.mark.parametrize(("signing", "kind"), [("ES256", "EC"), ("EdDSA", "OKP")])
async def test_the_published_keys_hold_no_private_part(new_issuer, signing, kind, session, user, now):
    """The key set is enough to check a token with, and has nothing to sign with."""
    issuer = new_issuer(signing)
    token = (await issuer.issue(session, user, now)).token
    (public,) = (await issuer.jwks(now))["keys"]
    key = {"EC": ECKey, "OKP": OKPKey}[kind].import_key(public)

    assert set(public) <= {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (public["kty"], public["alg"], public["use"]) == (kind, signing, "sig")
    assert public["kid"] == _parts(token)[0]["kid"]
    assert jwt.decode(token, key, registry=issuer._signatures._registry).claims["sub"] == str(user.id)
    assert json.loads(json.dumps(await issuer.jwks(now))) == await issuer.jwks(now)


async def test_a_shared_secret_is_not_published(new_issuer, now):
    """With HS256 there is no key set."""
    assert await new_issuer("HS256").jwks(now) is None


async def test_signing_keys_differ_from_each_other_and_between_secrets(new_issuer, now):
    """Each algorithm and each secret has keys of its own."""
    issuers = [new_issuer(a, secret=s) for a in ("ES256", "EdDSA") for s in (SECRET, SECRET + "!")]

    assert len({(await issuer.jwks(now))["keys"][0]["x"] for issuer in issuers}) == 4


async def test_a_token_that_was_read_is_read_again(issuer, token, session, user, now):
    """Its signature is not checked again for a while; what it says is the same."""
    first = await issuer.read(token, now)

    assert await issuer.read(token, now + timedelta(seconds=30)) == first
    assert await issuer.read(token, now + timedelta(minutes=5)) == first
    assert (first.user_id, first.session_id) == (user.id, session.id)


async def test_a_token_that_was_read_ends_in_time(issuer, token, now):
    """Also within the time for which its signature counts as checked."""
    last = now + timedelta(minutes=15)
    await issuer.read(token, last - timedelta(seconds=1))

    with pytest.raises(TokenInvalid):
        await issuer.read(token, last)


async def test_a_broken_token_is_refused_after_a_good_one(issuer, token, now):
    """Every letter of it counts."""
    await issuer.read(token, now)
    head, body, signature = token.split(".")
    for broken in (f"{head}.{body}.{signature[::-1]}", f"{head}.{body}.", f"{token}x", f" {token}"):
        with pytest.raises(TokenInvalid):
            await issuer.read(broken, now)


async def test_no_more_tokens_are_remembered_than_fit(issuer, make, user, now, monkeypatch):
    """The oldest are forgotten, and simply checked again."""
    monkeypatch.setattr(jwt_issuer, "MOST_CHECKED", 2)
    tokens = [(await issuer.issue(make.session(user_id=user.id), user, now)).token for _ in range(4)]
    for token in (*tokens, *tokens):
        assert (await issuer.read(token, now)).user_id == user.id

    assert len(issuer._checked) == 2
