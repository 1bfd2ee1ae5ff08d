"""Keys derived from one secret, and the codes and opaque tokens made with them."""

import base64
import binascii
import hmac
import struct
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from doorward.ports.secrets import TokenKind, TokenRef

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hmac import HMAC

_MAC_BYTES = 20
_BODY = struct.Struct(">16sI")
_TOKEN_LENGTH = 54


def derive_key(secret: str, purpose: str, length: int = 32) -> bytes:
    """A key of its own for each purpose (HKDF, RFC 5869): none can stand in for another."""
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - much memory, of no use to who is idle
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - likewise

    return HKDF(SHA256(), length, salt=b"doorward", info=purpose.encode()).derive(secret.encode())


class HmacSecretMinter:
    """Derives every secret from ids under keys; a copy of the database holds none of them.

    An opaque token is 16 bytes of id, 4 of generation and 160 bits of HMAC-SHA-256, 54 characters in all. Everything
    is made under `secret`; what was made under one of `previous` is recognised.
    """

    def __init__(self, secret: str, *, previous: Sequence[str] = ()) -> None:
        self._secret = secret
        self._older = [HmacSecretMinter(one) for one in previous]
        self._begun: dict[str, HMAC] = {}

    def code(self, challenge_id: UUID, *, digits: int) -> str:
        number = int.from_bytes(self._mac("code", challenge_id.bytes), "big")
        return f"{number % 10**digits:0{digits}d}"

    def matches_code(self, challenge_id: UUID, *, digits: int, typed: str) -> bool:
        normal = "".join(c for c in unicodedata.normalize("NFKC", typed) if c not in " -\u2013")
        typed_digits = normal.encode(errors="replace")
        codes = [minter.code(challenge_id, digits=digits).encode() for minter in (self, *self._older)]
        return any(hmac.compare_digest(typed_digits, code) for code in codes)

    def token(self, kind: TokenKind, ref: TokenRef) -> str:
        body = _BODY.pack(ref.id.bytes, ref.generation)
        return base64.urlsafe_b64encode(body + self._mac(kind, body)[:_MAC_BYTES]).decode().rstrip("=")

    def read_token(self, kind: TokenKind, token: str) -> TokenRef | None:
        if len(token) != _TOKEN_LENGTH or not token.isascii():
            return None
        try:
            raw = base64.b64decode(token + "==", altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        ref = TokenRef(*self._unpack(raw[: _BODY.size]))
        # Comparing the whole text, not the bytes, leaves no second spelling of a token.
        made = [minter.token(kind, ref) for minter in (self, *self._older)]
        return ref if any(hmac.compare_digest(one, token) for one in made) else None

    def digest(self, purpose: str, text: str) -> str:
        return self._mac(f"digest:{purpose}", text.encode(errors="replace")).hex()[:32]

    def _unpack(self, body: bytes) -> tuple[UUID, int]:
        raw_id, generation = _BODY.unpack(body)
        return UUID(bytes=raw_id), generation

    def _mac(self, purpose: str, message: bytes) -> bytes:
        """Go on from where the key is taken in: to begin anew takes twenty times as long beside hashes of passwords."""
        if purpose not in self._begun:
            self._begun[purpose] = self._begin(purpose)
        mac = self._begun[purpose].copy()
        mac.update(message)
        return mac.finalize()

    def _begin(self, purpose: str) -> "HMAC":
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - much memory, of no use to who is idle
        from cryptography.hazmat.primitives.hmac import HMAC  # noqa: PLC0415 - likewise

        return HMAC(derive_key(self._secret, purpose), SHA256())
