"""Examples of what a JSON schema describes."""

from collections.abc import Mapping
from typing import Any

FORMATS = {"date": "1990-12-31", "date-time": "2030-01-31T12:00:00Z", "uuid": "0198f5a2-0000-7000-8000-000000000000"}
PLAIN: dict[str, Any] = {"string": "text", "integer": 1, "number": 1, "boolean": True, "array": [], "null": None}


def example_of(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """One value: the schema's own example, its default, or the plainest that fits; optional members are left out."""
    if "$ref" in schema:
        return example_of(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    for given in ("examples", "enum"):
        if schema.get(given):
            return schema[given][0]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], document)
    if schema.get("type") == "object":
        needed = schema.get("required", [])
        members = schema.get("properties", {})
        return {n: example_of(s, document) for n, s in members.items() if n in needed or "examples" in s}
    if "default" in schema:
        return schema["default"]
    return FORMATS.get(schema.get("format", ""), PLAIN.get(schema.get("type", "string")))
