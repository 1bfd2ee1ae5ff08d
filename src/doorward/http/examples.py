"""Examples in the OpenAPI document: one table of invented values, put together as the schemas say."""

from collections.abc import Iterable, Mapping
from typing import Any

Schema = Mapping[str, Any]
JSON = "application/json"
FORMATS = {"date": "1990-12-31", "date-time": "2026-03-02T09:00:00Z", "uuid": "0198f5a2-0000-7000-8000-000000000000"}
PLAIN: dict[str, Any] = {
    "string": "text",
    "integer": 1,
    "number": 1,
    "boolean": True,
    "array": [],
    "object": {},
    "null": None,
}
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
PASSWORD, NEXT_PASSWORD = "Correct-Horse-7", "Correct-Horse-8"
MEMBERS: Mapping[str, Any] = {
    "access_token": "the-access-token",
    "address": "12 Example Street, London",
    "code": "4821",
    "comments": "Prefers letters in the morning.",
    "date_of_birth": "1990-12-31",
    "date_of_joining": "2026-03-02",
    "device": "Firefox on Linux",
    "email": "ada@example.com",
    "error": "invalid_grant",
    "error_description": "invalid_credentials",
    "event_type": "LOGIN_SUCCESS",
    "expires_at": "2026-04-01T09:00:00Z",
    "expires_in": 900,
    "first_name": "Ada",
    "ip_address": "203.0.113.7",
    "last_login_at": "2026-03-02T09:30:00Z",
    "last_name": "Lovelace",
    "last_used_at": "2026-03-02T09:45:00Z",
    "message": "Done.",
    "next_cursor": None,
    "place": "London, United Kingdom",
    "phone": "+447700900123",
    "reason": "Asked for by telephone",
    "refresh_token": "the-refresh-token",
    "token": "the-token-of-the-letter",
    "token_type": "Bearer",
    "username": "ada",
    "verification": "the-handle-of-the-sign-up",
}
"""What members are worth wherever they stand; a field's own `examples` come first."""


def give(document: Mapping[str, Any]) -> None:
    """Give each body and answer in JSON an example: a named schema its own, others one where they stand."""
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        if schema.get("properties") and "examples" not in schema:
            schema["examples"] = [example_of(schema, document)]
    for path in document["paths"].values():
        for operation in path.values():
            for media in _media(operation):
                if not (_is_named(media["schema"], schemas) or "example" in media or "examples" in media):
                    media["example"] = example_of(media["schema"], document)


def _media(operation: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """What an operation takes and answers in JSON."""
    for side in (operation.get("requestBody", {}), *operation["responses"].values()):
        if JSON in side.get("content", {}):
            yield side["content"][JSON]


def _is_named(schema: Schema, schemas: Mapping[str, Schema]) -> bool:
    return "examples" in schemas.get(schema.get("$ref", "").rpartition("/")[2], {})


def example_of(schema: Schema, document: Mapping[str, Any], name: str = "") -> Any:
    """One value that the schema takes.

    The schema's own example, what the member of that name is worth, its default, or the plainest that fits. Answers are
    shown whole; of a request, which takes no unknown members, what it needs and what has an example.
    """
    if "$ref" in schema:
        return example_of(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document, name)
    own = [*schema.get("examples", ()), *schema.get("enum", ())]
    if not own and name in MEMBERS and _takes(schema, MEMBERS[name]):
        own = [MEMBERS[name]]
    return own[0] if own else _made(schema, document, name)


def _made(schema: Schema, document: Mapping[str, Any], name: str) -> Any:
    """Put together from the parts of the schema."""
    if "properties" in schema:
        shown = _shown(schema)
        return {n: example_of(s, document, n) for n, s in schema["properties"].items() if n in shown}
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], document, name)
    if "items" in schema:
        return [example_of(schema["items"], document)]
    kind = schema.get("type", "string")
    usual = PASSWORD if "password" in {name, schema.get("format")} and kind == "string" else PLAIN[kind]
    return schema.get("default", FORMATS.get(schema.get("format", ""), usual))


def _takes(schema: Schema, value: Any) -> bool:
    """Whether the value has one of the schema's types."""
    kinds = {one.get("type") for one in schema.get("anyOf", (schema,))}
    return any(isinstance(value, TYPES[kind]) for kind in kinds if kind)


def _shown(schema: Schema) -> set[str]:
    members = schema["properties"]
    if schema.get("additionalProperties") is not False:
        return set(members)
    needed = {*schema.get("required", ()), *schema.get("anyOf", [{}])[0].get("required", ())}
    told = {name for name, member in members.items() if "examples" in member}
    return needed | told or set(members)
