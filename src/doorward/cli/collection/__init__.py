"""A Postman collection (format 2.1) out of an OpenAPI document: a tested walk, and every route with an example."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from doorward.cli.collection.walks import INBOX, PASSWORD, WALKS, Step
from doorward.http.examples import example_of

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
INBOX_PATH = "/dev/inbox/messages"
BEGIN = [
    "if (!pm.collectionVariables.get('email')) {",
    "    pm.collectionVariables.set('email', `postman-${Date.now()}@example.com`);",
    "}",
]
Item = dict[str, Any]


def collection(document: Mapping[str, Any], profile: str) -> Item:
    """The whole collection.

    Args:
        document: the profile's OpenAPI document.
        profile: which walk.
    """
    operations = {op["operationId"]: (method, path, op) for method, path, op in _operations(document)}
    form = _Forms(document)
    walk = [_walk_item(step, operations, form) for step in WALKS[profile]]
    reference: dict[str, list[Item]] = {}
    for method, path, operation in operations.values():
        step = Step(operation["operationId"], form.example(operation), auth=_auth(operation))
        reference.setdefault(operation["tags"][0], []).append(_item(step, method, path, operation, form))
    return {
        "info": {
            "name": f"Doorward: {profile}",
            "schema": FORMAT,
            "description": f"Written by `doorward postman`. Start `doorward dev --profile {profile}` and run the walk.",
        },
        "variable": [
            {"key": "base_url", "value": "http://127.0.0.1:8000"},
            {"key": "email", "value": ""},
            {"key": "password", "value": PASSWORD},
        ],
        "event": [_script("prerequest", BEGIN)],
        "item": [
            {"name": "Walk", "item": walk},
            {"name": "Routes", "item": [{"name": tag, "item": items} for tag, items in reference.items()]},
        ],
    }


class _Forms:
    """Knows which operations take a form, and examples of all bodies."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def is_form(self, operation: Mapping[str, Any]) -> bool:
        """Whether the body is a form."""
        return "application/x-www-form-urlencoded" in operation.get("requestBody", {}).get("content", {})

    def example(self, operation: Mapping[str, Any]) -> Any:
        """A body that the schema describes."""
        content = operation.get("requestBody", {}).get("content", {})
        schema = next((media["schema"] for media in content.values()), None)
        return None if schema is None else example_of(schema, self._document)


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _auth(operation: Mapping[str, Any]) -> Any:
    return next((name for scheme in operation.get("security", []) for name in scheme), None)


def _walk_item(step: Step, operations: Mapping[str, Any], form: _Forms) -> Item:
    if step.operation in INBOX:
        words = {"summary": step.operation.replace("_", " ").capitalize()}
        item = _item(step, INBOX[step.operation], INBOX_PATH, words, form)
        item["request"]["url"] = _url(INBOX_PATH, {}, query={"to": "{{email}}", "wait": "10"} if step.keep else None)
    else:
        method, path, operation = operations[step.operation]
        item = _item(step, method, path, operation, form)
    return item | {"event": [_script("test", list(_tests(step)))]}


def _item(step: Step, method: str, path: str, operation: Mapping[str, Any], form: _Forms) -> Item:
    request: Item = {"method": method, "header": [], "url": _url(path, step.path)}
    if operation.get("description"):
        request["description"] = operation["description"]
    if step.auth == "bearer":
        request["auth"] = {"type": "bearer", "bearer": [_pair("token", "{{access_token}}")]}
    if step.auth == "basic":
        credentials = [_pair("username", "{{email}}"), _pair("password", "{{password}}")]
        request["auth"] = {"type": "basic", "basic": credentials}
    if step.body is not None and form.is_form(operation):
        request["body"] = {"mode": "urlencoded", "urlencoded": [_pair(k, str(v)) for k, v in step.body.items()]}
    elif step.body is not None:
        request["header"] = [{"key": "Content-Type", "value": "application/json"}]
        request["body"] = {"mode": "raw", "raw": json.dumps(step.body, indent=2, ensure_ascii=False)}
    return {"name": operation.get("summary", step.operation), "request": request}


def _tests(step: Step) -> Iterator[str]:
    """The status is as expected, and what later steps need is kept."""
    yield f"pm.test('answers {step.status}', () => pm.response.to.have.status({step.status}));"
    for name, place in step.keep.items():
        yield f"pm.collectionVariables.set('{name}', pm.response.json().{place});"
    if "link" in step.keep:
        yield "const link = pm.collectionVariables.get('link');"
        yield "if (link) { pm.collectionVariables.set('token', link.split('token=')[1]); }"


def _url(path: str, values: Mapping[str, str], query: Mapping[str, str] | None = None) -> Item:
    filled = re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], f"{{{{{found[1]}}}}}"), path)
    asked = "&".join(f"{name}={value}" for name, value in (query or {}).items())
    url: Item = {
        "raw": f"{{{{base_url}}}}{filled}{f'?{asked}' if asked else ''}",
        "host": ["{{base_url}}"],
        "path": filled.strip("/").split("/"),
    }
    return url | ({"query": [{"key": name, "value": value} for name, value in query.items()]} if query else {})


def _pair(key: str, value: str) -> Item:
    return {"key": key, "value": value}


def _script(listen: str, lines: list[str]) -> Item:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": lines}}
