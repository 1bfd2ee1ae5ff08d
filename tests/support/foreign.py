"""Password hashes as other systems make them, as cheap as they can be, and files of users that have them."""

import base64
import csv
import hashlib
from collections.abc import Mapping
from pathlib import Path

import bcrypt
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

FOREIGN_PASSWORD = "a long walk in the hills"
SIGNER_KEY = base64.b64encode(bytes(range(64))).decode()
SALT_SEPARATOR = "Bw=="
FIREBASE_SETTINGS = {
    "DOORWARD_FIREBASE_SIGNER_KEY": SIGNER_KEY,
    "DOORWARD_FIREBASE_SALT_SEPARATOR": SALT_SEPARATOR,
}
SALT = b"0123456789abcdef"
MOMENTS = ("created_at", "verified_at", "password_changed_at")
COLUMNS = ("id", "email", "first_name", "last_name", "password_hash", *MOMENTS, "address")


def foreign_hashes(password: str = FOREIGN_PASSWORD) -> Mapping[str, str]:
    """One hash of each kind."""
    secret = password.encode()
    argon2 = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(password)
    blowfish = bcrypt.hashpw(secret, bcrypt.gensalt(4)).decode()
    digest = bcrypt.hashpw(hashlib.sha256(secret).hexdigest().encode(), bcrypt.gensalt(4)).decode()
    pbkdf2 = {name: hashlib.pbkdf2_hmac(name, secret, b"salty", 1000) for name in ("sha256", "sha1")}
    scrypt = hashlib.scrypt(secret, salt=SALT, n=16, r=8, p=1, dklen=64)
    return {
        "argon2": argon2,
        "bcrypt": blowfish,
        "pbkdf2_sha256": f"pbkdf2_sha256$1000$salty${_text(pbkdf2['sha256'])}",
        "pbkdf2_sha1": f"pbkdf2_sha1$1000$salty${_text(pbkdf2['sha1'])}",
        "scrypt": f"$scrypt$ln=4,r=8,p=1${_text(SALT).rstrip('=')}${_text(scrypt).rstrip('=')}",
        "django_scrypt": f"scrypt${SALT.decode()}$16$8$1${_text(scrypt)}",
        "django_argon2": f"argon2{argon2}",
        "django_bcrypt": f"bcrypt${blowfish}",
        "django_bcrypt_sha256": f"bcrypt_sha256${digest}",
        "firebase": f"$firebase-scrypt$ln=4,r=8${_text(SALT)}${_text(_firebase(secret))}",
    }


def write_users(path: Path, count: int, *, hashes: Mapping[str, str]) -> None:
    """A CSV file of users with ids and all kinds of hashes in turn; user N is `personN@example.com`."""
    kinds = list(hashes.values())
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for n in range(count):
            created = (
                f"2024-{n // 86400 % 12 + 1:02}-01T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}.{n % 1000:06}Z"
            )
            user_id = f"{n:08x}-0000-7000-8000-{n:012x}"
            names = (f"Anna {n}", "O'Neill, née Ågren")
            kind = kinds[n % len(kinds)]
            writer.writerow((user_id, f"person{n}@example.com", *names, kind, *[created] * 3, f'{n} "High" Street'))


def _firebase(secret: bytes) -> bytes:
    salt = SALT + base64.b64decode(SALT_SEPARATOR)
    key = hashlib.scrypt(secret, salt=salt, n=16, r=8, p=1, dklen=32)
    encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    return encryptor.update(base64.b64decode(SIGNER_KEY))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
