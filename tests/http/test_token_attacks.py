"""Attacks on access tokens through HTTP, as RFC 8725 and its readers know them.

The safe outcome of each is 401 `token_invalid` with a challenge; never another person's data, never a 5xx. Where
something else is safe too, the test says what and why. Most tokens here are signed with the installation's own key,
which no attacker has: then only the check that is attacked can refuse them.
"""

import base64
import time

import pytest

from support.forgery import (
    OTHER_KEY,
    P256_ORDER,
    Forger,
    claims_of,
    fresh_claims,
    header_of,
    hs256,
    key_id,
    packed,
    signing_key,
    unpacked,
)


def test_the_forger_forges_well(me, forge, victim):
    """Unchanged and signed anew, a token is accepted: the refusals below are for what was changed."""
    answer = me(forge(claims=fresh_claims(forge.token)))

    assert (answer.status_code, answer.json()["id"]) == (200, victim["user"]["id"])


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", " none", "", None, 0, [], ["none"], {}])
@pytest.mark.parametrize("ending", ["", "kept"])
def test_no_algorithm_is_no_signature(refuses, good, name, ending):
    """`alg: none` in every spelling and type, with an empty signature and with the old one."""
    signature = good.split(".")[2] if ending else ""

    assert refuses(f"{packed(header_of(good) | {'alg': name})}.{packed(claims_of(good))}.{signature}")


@pytest.mark.parametrize(
    "algorithm", ["HS256", "HS384", "HS512", "hs256", "ES256K", "ES384", "EdDSA", "RS256", "PS256"]
)
def test_another_algorithm_is_refused(refuses, forge, algorithm):
    """The service takes the one that it signs with, even under a right ES256 signature."""
    assert refuses(forge({"alg": algorithm}))


def test_the_public_key_is_no_shared_secret(refuses, http, good):
    """HMAC with the published key in any form that a library may take for a secret (algorithm confusion)."""
    (public,) = http.get("/.well-known/jwks.json").json()["keys"]
    x, y = (unpacked(public[name]) for name in "xy")
    pem = _pem(x, y)
    forms = [packed(public).encode(), str(public).encode(), x, y, b"\x04" + x + y, pem, pem.strip(), b"", b"null"]
    signed = f"{packed(header_of(good) | {'alg': 'HS256'})}.{packed(claims_of(good))}"

    assert all(refuses(f"{signed}.{hs256(signed, form)}") for form in forms)


def _pem(x, y):
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"])
def test_a_token_that_brings_its_own_key_is_refused(refuses, forge, http, name):
    """Signed with the key that its header names or holds; nothing is fetched, and only our own keys count."""
    numbers = OTHER_KEY.public_key().public_numbers()
    own = {"kty": "EC", "crv": "P-256", "x": packed(numbers.x.to_bytes(32)), "y": packed(numbers.y.to_bytes(32))}
    brought = {"jwk": own, "x5c": [base64.b64encode(b"certificate").decode()]}.get(name, "http://127.0.0.1:9/keys.json")

    assert refuses(forge({name: brought}, key=OTHER_KEY))
    assert refuses(forge({name: brought, "kid": "mine"}, key=OTHER_KEY))
    assert refuses(forge({name: brought}, key=OTHER_KEY, removed=("header.kid",)))


@pytest.mark.parametrize(
    "key_name",
    [
        "../../../../dev/null",
        "/dev/null",
        "' OR 1=1 --",
        "x' UNION SELECT 'AAAA",
        "$(sleep 9)",
        "http://127.0.0.1:9/",
        "",
        " ",
        "\0",
        "é🦊",
        "x" * 2000,
        None,
        0,
        True,
        [],
        ["first"],
        {"a": 1},
        1e308,
    ],
    ids=repr,
)
def test_no_trick_with_the_key_id_helps(refuses, forge, key_name):
    """Paths, SQL, commands, other types: a key id is compared with the few that there are, and nothing else."""
    assert refuses(forge({"kid": key_name}))


def test_a_token_without_key_id_is_refused(refuses, forge):
    """No key is tried for luck."""
    assert refuses(forge(removed=("header.kid",)))


def test_a_key_id_of_another_key_is_refused(refuses, forge):
    """Another algorithm's, a generation's that nobody has added, another installation's; and their keys under ours."""
    secret = forge.secret
    names = [key_id(secret, "HS256"), key_id(secret, "EdDSA"), key_id(secret, generation=2), key_id("x" * 40)]

    assert all(refuses(forge({"kid": name})) for name in names)
    assert refuses(forge({"kid": names[2]}, key=signing_key(secret, 2)))
    assert refuses(forge(key=signing_key(secret, 2)))
    assert refuses(forge({"kid": names[3]}, key=signing_key("x" * 40)))
    assert refuses(forge(key=signing_key("x" * 40)))


def test_a_key_id_twice_is_no_way_around(refuses, forge, good):
    """Whichever of two is read, the signature has to be of that key."""
    doubled = f'{{"alg":"ES256","typ":"at+jwt","kid":"mine","kid":"{header_of(good)["kid"]}"}}'

    assert refuses(forge.raw(doubled, claims_of(good), key=OTHER_KEY))
    assert refuses(forge.raw(doubled.replace('"mine"', "null"), claims_of(good), key=OTHER_KEY))


def test_the_signature_has_one_spelling(refuses, good):
    """Padding, blanks, line ends, the other alphabet, trailing bits, DER: none of them is the token."""
    header, claims, signature = good.split(".")
    raw = unpacked(signature)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    trailing = [c for c in alphabet if c != signature[-1] and unpacked(signature[:-1] + c) == raw]
    others = [
        *(f"{header}.{claims}.{signature[:-1]}{c}" for c in trailing),
        f"{good}=",
        f"{good}==",
        f"{good}A",
        f"{good}.",
        f"{good}.{signature}",
        f".{good}",
        f"{header}=.{claims}.{signature}",
        f"{header} .{claims}.{signature}",
        f"{header}.{claims[:9]} {claims[9:]}.{signature}",
        f"{header}.{claims}.{signature[:9]}%0A{signature[9:]}",
        f"{header}.{claims}.{packed(raw + bytes(1))}",
        f"{header}.{claims}.{packed(bytes(1) + raw)}",
        f"{header}.{claims}.{packed(raw[:-1])}",
        f"{header}.{claims}.{packed(bytes(64))}",
        f"{header}.{claims}.{packed(P256_ORDER.to_bytes(32) * 2)}",
        f"{header}.{claims}.{packed(raw[32:] + raw[:32])}",
        f"{header}.{claims}",
        f"{header}..{signature}",
    ]
    respelled = good.replace("-", "+").replace("_", "/")

    assert len(trailing) == 15
    assert all(refuses(other) for other in others)
    assert respelled == good or refuses(respelled)


def test_a_mirrored_signature_is_the_same_token(me, join):
    """Of an ECDSA signature (r, s), (r, n-s) is one as well. It says the same and dies with the same session."""
    member = join()
    header, claims, signature = member.signed_in["access_token"].split(".")
    r, s = unpacked(signature)[:32], int.from_bytes(unpacked(signature)[32:])
    mirrored = f"{header}.{claims}.{packed(r + (P256_ORDER - s).to_bytes(32))}"
    before = me(mirrored)
    member.http.delete("/v1/sessions/current", headers=member.bearer).raise_for_status()

    assert before.json()["id"] == member.id
    assert me(mirrored).status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": False},
        {"crit": ["unknown"], "unknown": True},
        {"crit": ["unknown"]},
        {"crit": "kid"},
        {"crit": [5]},
        {"typ": "JWT"},
        {"typ": "jwt"},
        {"typ": "at+jwt;x"},
        {"typ": ["at+jwt"]},
        {"typ": None},
        {"typ": "application/at+jwt "},
        {"enc": "A256GCM", "alg": "dir"},
        {"alg": "dir"},
    ],
    ids=repr,
)
def test_headers_that_say_something_else_are_refused(refuses, forge, header):
    """Extensions that must be understood, other types of token, encryption."""
    assert refuses(forge(header))


def test_nested_and_encrypted_tokens_are_refused(refuses, forge, good):
    """A token in a token (cty JWT), the five parts of a JWE, the JSON forms of a JWS."""
    nested = {**header_of(good), "cty": "JWT"}
    parts = good.split(".")
    as_json = packed({"payload": parts[1], "protected": parts[0], "signature": parts[2]})
    encrypted = packed({"alg": "dir", "enc": "A256GCM", "kid": header_of(good)["kid"]}) + ".." + ".".join(["AAAA"] * 3)

    assert refuses(forge.raw(nested, packed(good)))
    assert refuses(forge.raw(nested, good))
    assert refuses(encrypted)
    assert refuses(as_json)


def test_keys_of_a_former_generation_do_not_sign_for_a_newer_one(launch, refuses):
    """After a rotation a token names its own generation; the names cannot be exchanged, and a revoked one is dead."""
    service = launch("code-activation")
    service.create_user("ada@example.com", "trains and tea", "--verified")
    http, secret = service.client(), service.env["SECRET_KEY"]
    token = http.post("/v1/sessions", json={"identifier": "ada@example.com", "password": "trains and tea"}).json()[
        "access_token"
    ]
    assert service.cli("keys", "revoke", "1").returncode == 0
    time.sleep(1.2)  # as long as a worker may know the old list
    forge = Forger(token, secret)
    second = {"kid": key_id(secret, generation=2)}
    tokens = {
        "second under its own name": forge(second, key=signing_key(secret, 2)),
        "first": token,
        "first under the second's name": forge(second),
        "second under the first's name": forge(key=signing_key(secret, 2)),
        "third": forge({"kid": key_id(secret, generation=3)}, key=signing_key(secret, 3)),
    }
    answers = {
        name: http.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code
        for name, token in tokens.items()
    }

    assert answers == dict.fromkeys(tokens, 401) | {"second under its own name": 200}


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_may_be_written_in_any_case(me, good, scheme):
    """RFC 9110: the name of a scheme has no case, and blanks around a value are no part of it."""
    assert me(good, scheme).status_code == 200


@pytest.mark.parametrize("scheme", ["Basic", "Token", "JWT", "Bearer,", "DPoP"])
def test_another_scheme_is_none_of_ours(me, good, scheme):
    """A token under another scheme proves nothing."""
    assert me(good, scheme).status_code == 401


def test_a_token_in_the_address_or_the_body_is_not_read(http, good):
    """It would end in logs (RFC 9700): only header and cookie count."""
    assert http.get("/v1/me", params={"access_token": good, "token": good}).status_code == 401
    assert http.request("GET", "/v1/me", data={"access_token": good}).status_code == 401


def test_two_authorization_headers_are_not_added_up(http, good):
    """Whichever counts, it is no error of the service."""
    answer = http.get("/v1/me", headers=[("Authorization", "Bearer x"), ("Authorization", f"Bearer {good}")])

    assert answer.status_code in (200, 401)
