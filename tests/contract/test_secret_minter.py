"""Codes, opaque tokens and digests, derived and never stored."""

import base64
import hashlib
import hmac
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.adapters.keys import HmacSecretMinter, derive_key
from doorward.ports.secrets import TokenKind, TokenRef

MINTERS = {"hmac": HmacSecretMinter}
SECRET = "a secret of the service, long enough to be one"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture(params=MINTERS)
def new_minter(request):
    return MINTERS[request.param]


@pytest.fixture
def minter(new_minter):
    return new_minter(SECRET)


def test_a_code_is_always_the_same(new_minter, make):
    """A process that was restarted mints the same code for a challenge, so a letter can be sent twice."""
    challenge = make.id()

    assert new_minter(SECRET).code(challenge, digits=6) == new_minter(SECRET).code(challenge, digits=6)


@pytest.mark.parametrize("digits", [4, 6, 8, 10])
def test_a_code_has_as_many_digits_as_asked_for(minter, make, digits):
    """A code is ASCII digits, leading zeros included."""
    codes = [minter.code(make.id(), digits=digits) for _ in range(200)]

    assert {len(code) for code in codes} == {digits}
    assert all(code.isascii() and code.isdigit() for code in codes)
    assert any(code.startswith("0") for code in codes)


def test_codes_are_spread_over_all_there_are(minter, make):
    """Every first and last digit comes up about as often as any other."""
    codes = [minter.code(make.id(), digits=6) for _ in range(4000)]
    for place in (0, 5):
        counts = [sum(code[place] == digit for code in codes) for digit in "0123456789"]

        assert min(counts) > 300
        assert max(counts) < 500


def test_another_secret_makes_other_secrets(minter, new_minter, make):
    """Without the secret, ids tell nothing: every code, token and digest is another one."""
    other, ids = new_minter(SECRET + "!"), [make.id() for _ in range(20)]

    assert [other.code(i, digits=8) for i in ids] != [minter.code(i, digits=8) for i in ids]
    assert other.digest("p", "text") != minter.digest("p", "text")
    assert other.read_token(TokenKind.REFRESH, minter.token(TokenKind.REFRESH, TokenRef(ids[0]))) is None


@pytest.mark.parametrize(
    "spell",
    [
        lambda code: f" {code} ",
        lambda code: f"{code[:3]} {code[3:]}",
        lambda code: f"{code[:3]}-{code[3:]}",
        lambda code: f"{code[:3]}\u2013{code[3:]}",
        lambda code: f"{code[:3]}\u00a0{code[3:]}",
        lambda code: "".join(chr(ord(digit) + 0xFEE0) for digit in code),
    ],
    ids=["space around", "space", "dash", "en dash", "no-break space", "full width"],
)
def test_a_code_may_be_typed_as_people_type(minter, make, spell):
    """Spaces, dashes and full-width digits make no difference."""
    challenge = make.id()

    assert minter.matches_code(challenge, digits=6, typed=spell(minter.code(challenge, digits=6)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda code: code[:-1] + str((int(code[-1]) + 1) % 10),
        lambda code: code[:-1],
        lambda code: code + "0",
        lambda code: "",
        lambda code: "abcdef",
        lambda code: "\0" * 6,
        lambda code: "\ud800" + code,
    ],
    ids=["wrong", "short", "long", "empty", "letters", "NUL", "half a character"],
)
def test_another_text_is_not_the_code(minter, make, spoil):
    """Nothing but the code of this challenge matches, and no text makes the comparison fail."""
    challenge = make.id()

    assert not minter.matches_code(challenge, digits=6, typed=spoil(minter.code(challenge, digits=6)))


@pytest.mark.parametrize("kind", TokenKind)
@pytest.mark.parametrize("generation", [0, 1, 2**32 - 1])
def test_a_token_is_read_back(minter, make, kind, generation):
    """A token stands for its id and generation, and fits into a URL."""
    ref = TokenRef(make.id(), generation)
    token = minter.token(kind, ref)

    assert minter.read_token(kind, token) == ref
    assert set(token) <= set(ALPHABET)
    assert len(token) < 64


def test_one_kind_of_token_is_never_taken_for_another(minter, make):
    """A token of one kind reads as None as any other."""
    tokens = {kind: minter.token(kind, TokenRef(make.id())) for kind in TokenKind}
    read = [(as_kind, kind) for kind in TokenKind for as_kind in TokenKind if minter.read_token(as_kind, tokens[kind])]

    assert read == [(kind, kind) for kind in TokenKind]


def test_no_changed_token_is_read(minter, make):
    """Whichever character is replaced by whichever other one: the token is none, and has no second spelling."""
    token = minter.token(TokenKind.REFRESH, TokenRef(make.id(), 7))
    forged = (token[:n] + c + token[n + 1 :] for n in range(len(token)) for c in ALPHABET if c != token[n])

    assert [text for text in forged if minter.read_token(TokenKind.REFRESH, text)] == []


@pytest.mark.parametrize("change", [str.upper, str.lower, lambda t: t + "=", lambda t: t[:-1], lambda t: t + "A"])
def test_no_variant_of_a_token_is_read(minter, make, change):
    """Case, padding and length count."""
    token = minter.token(TokenKind.REFRESH, TokenRef(make.id()))

    assert minter.read_token(TokenKind.REFRESH, change(token)) is None


def test_the_other_base64_alphabet_is_none_of_ours(minter, make):
    """A token in which + and / stand for - and _ is not read: a token has one spelling."""
    tokens = [minter.token(TokenKind.REFRESH, TokenRef(make.id())) for _ in range(40)]
    respelled = [token.replace("-", "+").replace("_", "/") for token in tokens]
    changed = [text for text, token in zip(respelled, tokens, strict=True) if text != token]

    assert changed
    assert [minter.read_token(TokenKind.REFRESH, text) for text in changed] == [None] * len(changed)


@given(st.text(max_size=80) | st.text(ALPHABET, min_size=54, max_size=54))
def test_no_text_from_outside_breaks_the_reader(text):
    """Whatever comes as a token, the answer is None."""
    assert HmacSecretMinter(SECRET).read_token(TokenKind.REFRESH, text) is None


def test_a_digest_recognises_without_keeping(minter):
    """Equal texts of one purpose have equal digests; other texts and purposes have others; no text breaks it."""
    texts = ["ada@example.org", "ada@example.or", "", "🦊", "\ud800x"]
    digests = {minter.digest(purpose, text) for purpose in ("a", "b") for text in texts}

    assert minter.digest("a", "ada@example.org") == minter.digest("a", "ada@example.org")
    assert len(digests) == 2 * len(texts)
    assert all(len(digest) == 32 for digest in digests)


def test_purposes_cannot_be_forged_by_each_other(minter):
    """A code, a token and a digest over the same bytes come from keys of their own."""
    keys = {derive_key(SECRET, purpose) for purpose in ("code", "digest:code", *TokenKind)}

    assert len(keys) == 2 + len(TokenKind)


def test_keys_are_derived_as_rfc_5869_says():
    """An independent computation with hmac gives the same key: nothing about it hangs on one library."""
    extracted = hmac.digest(b"doorward", SECRET.encode(), hashlib.sha256)
    expanded = hmac.digest(extracted, b"code" + b"\x01", hashlib.sha256)

    assert derive_key(SECRET, "code") == expanded


def test_a_token_stays_what_it_is_across_releases(minter):
    """The format is a promise: tokens of a running installation stay good after an upgrade."""
    ref = TokenRef(UUID("018f0000-0000-7000-8000-000000000001"), 3)
    body = ref.id.bytes + (3).to_bytes(4, "big")
    mac = hmac.digest(derive_key(SECRET, "refresh"), body, hashlib.sha256)[:20]

    assert minter.token(TokenKind.REFRESH, ref) == base64.urlsafe_b64encode(body + mac).decode().rstrip("=")


NEWER = "another secret of the service, as long as the first"


@pytest.fixture
def changed(new_minter):
    """The minter after a change of the secret, with the former one named."""
    return new_minter(NEWER, previous=[SECRET])


@pytest.mark.parametrize("kind", TokenKind)
def test_tokens_of_a_former_secret_are_read(minter, changed, make, kind):
    """Refresh tokens, handles and links that are out go on."""
    ref = TokenRef(make.id(), 4)

    assert changed.read_token(kind, minter.token(kind, ref)) == ref


def test_new_ones_are_made_under_the_current_secret(new_minter, changed, make):
    """So that a former secret can be taken out one day."""
    current, ref, challenge = new_minter(NEWER), TokenRef(make.id()), make.id()

    assert changed.token(TokenKind.REFRESH, ref) == current.token(TokenKind.REFRESH, ref)
    assert changed.code(challenge, digits=6) == current.code(challenge, digits=6)
    assert changed.digest("p", "text") == current.digest("p", "text")


def test_both_codes_of_a_challenge_are_right(minter, changed, make):
    """A mail that was sent before the change and once more after it carries two codes, and both count."""
    challenge = make.id()
    codes = {minter.code(challenge, digits=10), changed.code(challenge, digits=10)}

    assert len(codes) == 2
    assert [changed.matches_code(challenge, digits=10, typed=code) for code in codes] == [True, True]


def test_a_former_secret_that_is_not_named_counts_no_more(new_minter, minter, make):
    """Taking it out ends what was made under it."""
    ref, challenge = TokenRef(make.id()), make.id()
    current = new_minter(NEWER)

    assert current.read_token(TokenKind.REFRESH, minter.token(TokenKind.REFRESH, ref)) is None
    assert not current.matches_code(challenge, digits=10, typed=minter.code(challenge, digits=10))


def test_kinds_stay_apart_across_secrets(minter, changed, make):
    """A former secret opens no way from one kind of token to another."""
    token = minter.token(TokenKind.RESET_LINK, TokenRef(make.id()))

    assert [kind for kind in TokenKind if changed.read_token(kind, token)] == [TokenKind.RESET_LINK]
