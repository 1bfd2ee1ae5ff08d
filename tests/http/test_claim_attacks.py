"""Attacks on what is in a token, under a signature that is right; and on tokens under a shared secret.

The safe outcome of each is 401 `token_invalid` with a challenge; where something else is safe, the test says why.
"""

import secrets
import time
import uuid

import pytest

from support.forgery import claims_of, es256, header_of, hs256, key_id, packed, signing_key


@pytest.mark.parametrize("claims", ["", "null", "[]", "5", '"x"', "{", "{}", "[" * 900, '{"sub":1}' * 2, b"\xff\xfe"])
def test_claims_that_are_no_object_are_refused(refuses, forge, claims):
    """Well signed nonsense breaks nothing."""
    assert refuses(forge.raw(header_of(forge.token), claims))


@pytest.mark.parametrize("header", ["", "null", "[]", "5", '"x"', "{", "{}", "[" * 900, b"\xff\xfe"])
def test_headers_that_are_no_object_are_refused(refuses, forge, header):
    """They are read before any signature is checked, so nothing in them may break the reader."""
    assert refuses(forge.raw(header, claims_of(forge.token)))


NOW = int(time.time())


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": ""},
        {"iss": None},
        {"iss": ["x"]},
        {"aud": "https://evil.example"},
        {"aud": []},
        {"aud": None},
        {"aud": {"a": 1}},
        {"exp": str(NOW + 600)},
        {"exp": "never"},
        {"exp": NOW - 1},
        {"exp": 0},
        {"exp": -1},
        {"exp": 10**40},
        {"exp": 1e400},
        {"exp": float("nan")},
        {"exp": float("-inf")},
        {"exp": True},
        {"exp": None},
        {"exp": []},
        {"exp": {}},
        {"iat": NOW + 86400},
        {"iat": "yesterday"},
        {"iat": float("nan")},
        {"nbf": NOW + 86400},
        {"nbf": "tomorrow"},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"sub": ["x"]},
        {"sub": "' OR 1=1 --"},
        {"sub": str(uuid.UUID(int=0))},
        {"sid": None},
        {"sid": ""},
        {"sid": 5},
        {"sid": {}},
        {"sid": "x" * 500},
        {"sid": str(uuid.UUID(int=0))},
        {"sid": "00000000-0000-7000-8000-00000000000g"},
    ],
    ids=repr,
)
def test_wrong_claims_are_refused(refuses, forge, claims):
    """Issuer, audience, times and ids of another value or type, under a right signature."""
    assert refuses(forge(claims=claims))


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "sub", "sid"])
def test_missing_claims_are_refused(refuses, forge, name):
    """Each of them is needed."""
    assert refuses(forge(removed=(name,)))


def test_a_lifetime_in_fractions_is_read_as_a_number(me, forge):
    """RFC 7519 lets a time have fractions: it is good until then, and then no longer."""
    assert me(forge(claims={"exp": time.time() + 600.5})).status_code == 200
    assert me(forge(claims={"exp": time.time() - 0.5})).status_code == 401


def test_the_session_of_somebody_else_is_no_way_in(refuses, forge, join):
    """Session and subject of a token belong together."""
    other = join()
    sid = claims_of(other.signed_in["access_token"])["sid"]

    assert refuses(forge(claims={"sid": sid}))
    assert refuses(forge(claims={"sub": other.id}))


@pytest.fixture(scope="module")
def shared(launch_module):
    """A service that signs with SECRET_KEY itself, somebody's token, and how to ask."""
    service = launch_module("oauth2-password")
    service.create_user("ada@example.com", "testpass123", "--verified")
    http = service.client()
    form = {"username": "ada@example.com", "password": "testpass123"}
    token = http.post("/login", data=form).json()["access_token"]

    def ask(token):
        return http.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code

    return service.env["SECRET_KEY"], token, ask


def _hmac_forged(header, claims, secret):
    signed = f"{packed(header)}.{packed(claims)}"
    return f"{signed}.{hs256(signed, secret)}"


def test_a_shared_secret_is_guarded_alike(shared):
    """HS256: other algorithms, no algorithm, other secrets, derived keys and asymmetric keys of the same secret."""
    secret, token, ask = shared
    header, claims = header_of(token), claims_of(token)
    signed = f"{packed(header | {'alg': 'ES256', 'kid': key_id(secret)})}.{packed(claims)}"
    forged = {
        "right": _hmac_forged(header, claims, secret.encode()),
        "none": f"{packed(header | {'alg': 'none'})}.{packed(claims)}.",
        "asymmetric": f"{signed}.{es256(signed, signing_key(secret))}",
        "empty secret": _hmac_forged(header, claims, b""),
        "other secret": _hmac_forged(header, claims, secrets.token_bytes(48)),
        "key id as secret": _hmac_forged(header, claims, header["kid"].encode()),
        "secret with a line end": _hmac_forged(header, claims, secret.encode() + b"\n"),
        "no key id": _hmac_forged({n: v for n, v in header.items() if n != "kid"}, claims, secret.encode()),
        "longer hash": _hmac_forged(header | {"alg": "HS512"}, claims, secret.encode()),
    }
    answers = {name: ask(token) for name, token in forged.items()}

    assert answers == dict.fromkeys(forged, 401) | {"right": 200}
