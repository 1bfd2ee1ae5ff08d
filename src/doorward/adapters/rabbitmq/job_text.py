"""A job as it lies on the queue: the intent and where it stands in the outbox, never a code or link."""

import json
from datetime import datetime
from uuid import UUID

from doorward.domain.messages import Message, MessageKind
from doorward.ports.outbox import Job, Lane, OutboxItem


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
