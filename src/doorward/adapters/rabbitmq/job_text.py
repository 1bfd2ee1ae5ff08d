"""A job as it lies on the queue: the intent and where it stands in the outbox, never a code or link.

A job says where a letter goes, and the worker makes the code or link that goes into it. So a job is sealed with a key
that the broker does not have: whoever may write there can neither make one nor send a letter elsewhere.
"""

import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from doorward.domain.messages import USUAL_LANGUAGE, Message, MessageKind
from doorward.ports.outbox import Job, Lane, OutboxItem

SEAL = "seal"


def seal(body: bytes, key: bytes) -> str:
    """What only somebody with the key can write for this body."""
    return hmac.new(key, body, "sha256").hexdigest()


def must_be_sealed(body: bytes, found: object, keys: Sequence[bytes]) -> None:
    """Raise ValueError unless the seal was made for this body, with one of the keys."""
    written = found.encode(errors="replace") if isinstance(found, str) else b""
    if not any(hmac.compare_digest(written, seal(body, key).encode()) for key in keys):
        raise ValueError("its seal is missing or wrong")


def encode(job: Job, message: Message) -> bytes:
    """The job as JSON."""
    item = job.item
    return json.dumps(
        {
            "id": str(message.id),
            "kind": message.kind.value,
            "to": message.to,
            "subject_id": str(message.subject_id),
            "challenge_id": str(message.challenge_id) if message.challenge_id else None,
            "params": dict(message.params),
            "language": message.language,
            "created_at": item.created_at.isoformat(),
            "attempts": item.attempts,
            "owner": job.owner,
            "until": job.until.isoformat(),
        },
        ensure_ascii=False,
    ).encode()


def decode(body: bytes) -> Job:
    """Read a job.

    Raises:
        ValueError: it is none that was made here.
    """
    try:
        told = json.loads(body)
        message = Message(
            id=UUID(told["id"]),
            kind=MessageKind(told["kind"]),
            to=told["to"],
            subject_id=UUID(told["subject_id"]),
            challenge_id=UUID(told["challenge_id"]) if told["challenge_id"] else None,
            params=told["params"],
            language=told.get("language", USUAL_LANGUAGE),
        )
        item = OutboxItem(
            id=message.id,
            lane=Lane.MESSAGES,
            payload={},
            attempts=int(told["attempts"]),
            created_at=datetime.fromisoformat(told["created_at"]),
            message=message,
        )
        return Job(item, str(told["owner"]), datetime.fromisoformat(told["until"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no job: {type(error).__name__}") from None
