"""What `serve` will not start with, and how to mend it."""

import hashlib
import math
from collections import Counter
from dataclasses import dataclass, fields
from itertools import pairwise
from urllib.parse import SplitResult, urlsplit

from doorward.domain.policies.limits import LimitsPolicy
from doorward.settings.model import Settings

MIN_SECRET = 32
LOOPBACK = ("localhost", "127.0.0.1", "::1")
MIN_ENTROPY_BITS = 100
SAMPLES = ("changeme", "changethis", "secret", "example", "development", "yourkey", "password", "insecure", "replaceme")
# SHA-256 of keys that stand in well-known tutorials.
TUTORIAL_KEYS = frozenset({"570dad43de1af4c925f92c16a68a50936da42b7dd6fdeb24850507a1199aac89"})
HASHING_FLOOR = 7168 * 5  # OWASP's weakest recommendation for Argon2id: 7 MiB, five passes
BCRYPT_FLOOR = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and what to do about it."""

    what: str
    fix: str


def problems(settings: Settings) -> list[Problem]:
    """Everything that stands between these settings and a safe service."""
    judges = (_secret, _addresses, _mail, _broker, _limits, _hashing, _proxies)
    return [problem for judge in judges for problem in judge(settings)]


def weaknesses(settings: Settings) -> list[Problem]:
    """What is allowed and said aloud at start."""
    found = []
    if not settings.password.block_common:
        found.append(
            Problem(
                f"Profile {settings.profile} accepts common passwords such as Password1!.",
                "Set DOORWARD_PASSWORD__BLOCK_COMMON=on to refuse them.",
            )
        )
    broker = _broker_parts(settings)
    if broker and broker.scheme == "amqp" and broker.hostname not in LOOPBACK:
        found.append(Problem("RABBITMQ_URL is not encrypted.", "Use amqps:// unless the network is yours alone."))
    return found


def _secret(settings: Settings) -> list[Problem]:
    fix = "Set SECRET_KEY to the output of: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
    if settings.secret_key is None:
        return [Problem("SECRET_KEY is not set.", fix)]
    found = [_weakness("SECRET_KEY", settings.secret_key.get_secret_value(), fix)]
    for number, former in enumerate(settings.previous_secret_keys, 1):
        name, remedy = f"DOORWARD_PREVIOUS_SECRET_KEYS, entry {number},", "Take it out: whoever guesses it can sign."
        found.append(_weakness(name, former.get_secret_value(), remedy))
    return [problem for problem in found if problem]


def _weakness(name: str, secret: str, fix: str) -> Problem | None:
    """What makes a secret unfit, if anything."""
    if len(secret) < MIN_SECRET:
        return Problem(f"{name} is shorter than {MIN_SECRET} characters.", fix)
    plain = "".join(c for c in secret.lower() if c.isalnum())
    is_known = hashlib.sha256(secret.encode()).hexdigest() in TUTORIAL_KEYS
    if is_known or secret.startswith("dev-") or any(sample in plain for sample in SAMPLES):
        return Problem(f"{name} looks like a sample or a development key.", fix)
    if _entropy_bits(secret) < MIN_ENTROPY_BITS or _is_regular(secret):
        return Problem(f"{name} is too easy to guess.", fix)
    return None


def _entropy_bits(text: str) -> float:
    counts = Counter(text).values()
    return -sum(n * math.log2(n / len(text)) for n in counts)


def _is_regular(text: str) -> bool:
    """Whether most characters follow from the one before (abcdef…) or from a repeated beginning."""
    steps = Counter(ord(after) - ord(before) for before, after in pairwise(text))
    repeats = any(text == (text[:size] * len(text))[: len(text)] for size in range(1, len(text) // 2 + 1))
    return repeats or steps.most_common(1)[0][1] > len(text) / 2


def _hashing(settings: Settings) -> list[Problem]:
    hashing = settings.hashing
    fix = "Leave DOORWARD_HASHING__ at its defaults, or raise it."
    if hashing.algorithm == "bcrypt":
        is_weak = hashing.bcrypt_cost < BCRYPT_FLOOR
    else:
        is_weak = hashing.memory_kib < 7168 or hashing.memory_kib * hashing.time_cost < HASHING_FLOOR
    return [Problem("Password hashing is weaker than OWASP's least recommendation.", fix)] if is_weak else []


def _proxies(settings: Settings) -> list[Problem]:
    everybody = [network for network in settings.trusted_proxies if not network.prefixlen]
    fix = "Name your proxies' networks only."
    return [Problem(f"DOORWARD_TRUSTED_PROXIES trusts everybody ({network}).", fix) for network in everybody]


def _addresses(settings: Settings) -> list[Problem]:
    found = []
    if not settings.database_url:
        found.append(Problem("DATABASE_URL is not set.", "Set it, for example to sqlite:////var/lib/doorward/users.db"))
    if not settings.public_url:
        found.append(Problem("PUBLIC_URL is not set.", "Set it to the address that people see: https://…"))
        return found
    parts = urlsplit(settings.public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        found.append(Problem("PUBLIC_URL is no web address.", "Write it as https://accounts.your-domain"))
    elif parts.scheme == "http" and parts.hostname not in LOOPBACK:
        found.append(Problem("PUBLIC_URL is not encrypted.", "Use https://; let a proxy in front speak TLS."))
    return found


def _mail(settings: Settings) -> list[Problem]:
    if settings.smtp_url is not None or not settings.mail:
        return []
    fix = "Set it to smtp://user:password@host:587?tls=start, or switch mail off with DOORWARD_MAIL=off"
    return [Problem("SMTP_URL is not set, so no code or link could be sent.", fix)]


def _broker(settings: Settings) -> list[Problem]:
    parts = _broker_parts(settings)
    if parts is None or parts.hostname in LOOPBACK or parts.username not in (None, "", "guest"):
        return []
    fix = "Give the service a user of its own there, and name it: amqps://user:password@host/vhost"
    return [Problem("RABBITMQ_URL uses the broker's well-known user guest on another machine.", fix)]


def _broker_parts(settings: Settings) -> SplitResult | None:
    """The broker's URL taken apart; None if there is none, or if it makes no sense, which is said when it is opened."""
    try:
        parts = urlsplit(settings.rabbitmq_url.get_secret_value()) if settings.rabbitmq_url else None
    except ValueError:
        return None
    return parts if parts and parts.hostname else None


def _limits(settings: Settings) -> list[Problem]:
    off = [f.name for f in fields(LimitsPolicy) if f.name != "default" and settings.limits.named(f.name) is None]
    fix = "Write a high one instead, such as 100000/minute."
    return [Problem(f"DOORWARD_LIMITS__{name.upper()} is off.", fix) for name in off]
