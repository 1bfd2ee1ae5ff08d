"""The page, the JSON Schema and the AsyncAPI document of what is published."""

import json
from typing import Any

import yaml

from doorward import __version__
from doorward.adapters.rabbitmq.topology import EVENTS, UNROUTED
from doorward.domain.event_data import data_of
from doorward.domain.events import EventType

PUBLISHED = [kind for kind in EventType if kind.wire_name]
HEAD = f"""# Events

What happens is written down in two places, in the same transaction as its cause. The audit log has every row below.
Those with a name for the outside are also published, in order for each account and at least once; `id` stays the same
however often one is delivered:

```json
{{"id": "…", "type": "user.registered", "time": "2030-01-31T12:00:00Z", "subject": "the user's id", "data": {{}}}}
```

`data` never holds a secret. Members may be added to it; [events.schema.json](events.schema.json) (JSON Schema) says
what each event has today, [asyncapi.yaml](asyncapi.yaml) (AsyncAPI 3) where it is found.

## Where they go

Without `RABBITMQ_URL` events are published to the log (`doorward.events`). With it, `doorward worker` (under `dev`,
the service itself) publishes them to the durable topic exchange `{EVENTS}`: the routing key is the name, the message
is persistent, its `message_id` is the event's `id`, and it has left the outbox only when the broker has confirmed it.
Bind a durable queue of your own (`user.#` for all), acknowledge after your work, and remember ids:
[examples/rabbitmq_consumer.py](../examples/rabbitmq_consumer.py) shows how (`make start-rabbitmq-consumer`).

An event that no queue is bound for goes to the queue `{UNROUTED}`, which keeps the newest 10,000.

## The worker

`doorward serve` with `RABBITMQ_URL` delivers nothing itself: run at least one `doorward worker` with the same settings,
as many as you like. Letters and text messages travel as jobs on the queue `doorward.jobs`; a job holds what to say to
whom and never a code or link, which are made in the moment of the hand-over. What cannot be read or fails by a mistake
goes to `doorward.jobs.dead`. Every message stays in the outbox until it is settled, so that a broker may lose its
queues and no letter is lost. While the broker is away, people sign up, codes come straight from the outbox, events
wait, and `/health` (not `/readyz`) answers 503 with `"rabbitmq": "unavailable"`; nothing has to be started again.

A worker that dies has its jobs handed over by another at once. What was on its way to the mail server at that moment
may be sent twice; the letter then has the same `Message-ID` and the same code. The broker's user needs the permissions
*configure*, *write* and *read* on `doorward\\..*` and *write* on `amq\\.default`.

## All of them

"""
TABLE = """
| In the audit log | For the outside | In `data` |
|---|---|---|
"""


def page(note: str) -> str:
    """All events."""
    rows = []
    for kind in EventType:
        members = ", ".join(f"`{name}`" for name in data_of(kind)) if kind.wire_name else ""
        rows.append(f"| `{kind.audit_name}` | {f'`{kind.wire_name}`' if kind.wire_name else ''} | {members} |")
    return HEAD + note + TABLE + "\n".join(rows) + "\n"


def _schema(kind: EventType) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["id", "type", "time", "subject", "data"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "string", "format": "uuid", "description": "The same however often it is delivered."},
            "type": {"const": kind.wire_name},
            "time": {"type": "string", "format": "date-time", "description": "When it happened, in UTC."},
            "subject": {"type": ["string", "null"], "format": "uuid", "description": "The user's id."},
            "data": {"type": "object", "properties": {name: dict(one) for name, one in data_of(kind).items()}},
        },
    }


def json_schema() -> str:
    """One JSON Schema; each event's own stands under `$defs`."""
    names = [str(kind.wire_name) for kind in PUBLISHED]
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Events of Doorward",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in names],
        "$defs": {str(kind.wire_name): _schema(kind) for kind in PUBLISHED},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def asyncapi() -> str:
    """The AsyncAPI document."""
    channels, operations, messages = {}, {}, {}
    for kind in PUBLISHED:
        name = str(kind.wire_name)
        exchange = {"name": EVENTS, "type": "topic", "durable": True, "autoDelete": False}
        channels[name] = {
            "address": name,
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
        }
        operations[f"publish.{name}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{name}"},
            "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": "0.3.0"}},
        }
        messages[name] = {
            "name": name,
            "summary": f"In the audit log: {kind.audit_name}.",
            "contentType": "application/json",
            "payload": _schema(kind),
        }
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Doorward",
            "version": __version__,
            "description": "What happens to accounts. In order for each account, at least once; `id` stays the same.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
