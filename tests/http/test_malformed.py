"""Broken input on every operation of the OpenAPI documents: a refusal at once, never a failure, never an echo."""

import json
import secrets
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from support.member import bearer

MARKER = "mArKeR5f3c"
PASSWORD = "Correct-Horse-7"
METHODS = ("get", "post", "put", "patch", "delete")
PROFILES = ("modern", "signup-signin", "code-activation")
BASE: dict[str, Any] = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "password": PASSWORD,
    "phone": "+4915123456789",
    "current_password": "not this one",
    "old_password": "not this one",
    "new_password": "Another-Horse-8",
    "identifier": "nobody@example.com",
    "verification": "made-up",
    "code": "1234",
    "token": "made-up",
}


@dataclass(frozen=True)
class Operation:
    """One operation of a document, ready to be called by an administrator."""

    client: httpx2.Client
    method: str
    path: str
    spec: dict[str, Any]
    schema: dict[str, Any]
    auth: dict[str, str]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_protected(self) -> bool:
        return "security" in self.spec

    @property
    def has_form(self) -> bool:
        return "application/x-www-form-urlencoded" in self.spec.get("requestBody", {}).get("content", {})

    def body(self, **changed: Any) -> dict[str, Any]:
        wanted = {*self.schema.get("required", ()), *({"email"} & set(self.schema["properties"]))}
        base = BASE | {"email": f"{secrets.token_hex(6)}@example.com"}
        return {name: base[name] for name in wanted} | changed

    def send(self, content: bytes | None = None, **options: Any) -> "Sent":
        headers = self.auth | ({"Content-Type": "application/json"} if content is not None else {})
        headers |= options.pop("headers", {})
        path = options.pop("path", self.path.format(user_id=uuid4(), session_id=uuid4(), action="lock"))
        start = time.perf_counter()
        answer = self.client.request(
            self.method, path, content=content, headers={k: v for k, v in headers.items() if v}, **options
        )
        return Sent(self.name, answer, time.perf_counter() - start)

    def send_json(self, body: Any) -> "Sent":
        return self.send(json.dumps(body).encode())


@dataclass(frozen=True)
class Sent:
    """What came back, and how long it took."""

    name: str
    answer: httpx2.Response
    seconds: float

    def fault(self, *, least: int = 400) -> str | None:
        """What is wrong with the answer, if anything."""
        status, shown = self.answer.status_code, self.answer.text + str(self.answer.headers)
        if not least <= status < 500:
            return f"{self.name}: {status}"
        if MARKER.lower() in shown.lower():
            return f"{self.name}: shows what was sent"
        if self.seconds > 1:
            return f"{self.name}: took {self.seconds:.1f} s"
        return None


def faults(sent, **options):
    return [fault for one in sent if (fault := one.fault(**options))]


@pytest.fixture(scope="module")
def operations(launch_module):
    """All operations of all profiles, each once."""
    found: dict[tuple[str, str], Operation] = {}
    for profile in PROFILES:
        service = launch_module(profile, env={"DOORWARD_DOCS": "on"})
        service.create_user("root@example.com", PASSWORD, "--role", "admin", "--verified")
        client = service.client()
        signed_in = client.post("/v1/sessions", json={"identifier": "root@example.com", "password": PASSWORD})
        document = client.get("/openapi.json").json()
        for path, item in document["paths"].items():
            for method in set(item) & set(METHODS):
                operation = described(client, method, path, item[method], document, bearer(signed_in.json()))
                found.setdefault((method, path), operation)
    assert len(found) > 35
    return list(found.values())


def described(client, method, path, spec, document, auth):
    schema = spec.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    reference = next((part["$ref"] for part in (schema, *schema.get("anyOf", [])) if "$ref" in part), None)
    model = document["components"]["schemas"][reference.rpartition("/")[2]] if reference else {}
    names = [next(iter(requirement)) for requirement in spec.get("security", [])]
    header = (
        {"Authorization": httpx2.BasicAuth("root@example.com", PASSWORD)._auth_header} if "basic" in names else auth
    )
    return Operation(client, method.upper(), path, spec, model, header if names else {})


@pytest.fixture(scope="module")
def with_json(operations):
    found = [operation for operation in operations if operation.schema]
    assert len(found) >= 18
    return found


@pytest.fixture(scope="module")
def members(with_json):
    """(operation, member) of every body."""
    found = [(operation, name) for operation in with_json for name in operation.schema["properties"]]
    assert len(found) > 50
    return found


BODIES = {
    "half": b'{"email": "a@example.com", ',
    "not JSON": b"email=a@example.com",
    "invalid UTF-8": b'{"email": "\xff\xfe\xfa"}',
    "UTF-16": '{"email": "a@example.com"}'.encode("utf-16"),
    "a BOM": b"\xef\xbb\xbf{}",
    "depth 30,000": b"[" * 30_000 + b"]" * 30_000,
    "depth 100,000": b"[" * 100_000,
    "deep objects": b'{"a":' * 12_000 + b"1" + b"}" * 12_000,
    "a number of 5,000 digits": b'{"email": ' + b"9" * 5_000 + b"}",
    "a fraction of 5,000 digits": b'{"email": 0.' + b"9" * 5_000 + b"}",
    "NaN": b'{"email": NaN}',
    "Infinity": b'{"email": -Infinity}',
    "1e999": b'{"email": 1e999}',
    "duplicates": b'{"email": "a@example.com", "email": "b@example.com"}',
    "deep duplicates": b'{"email": {"a": 1, "a": 2}}',
    "an array": b'["' + MARKER.encode() + b'"]',
    "a string": b'"' + MARKER.encode() + b'"',
    "a number": b"17",
    "true": b"true",
    "two values": b"{} {}",
    "a comment": b"{} // " + MARKER.encode(),
    "a megabyte": b'{"password": "' + b"x" * 1_000_000 + b'"}',
    "an unknown member": b'{"unknown": "' + MARKER.encode() + b'"}',
    "a NUL": b'{"email": "a\x00b"}',
    "10,000 members": json.dumps({f"m{n}": 1 for n in range(5_000)}).encode(),
}


@pytest.mark.parametrize("kind", BODIES)
def test_every_operation_refuses_a_broken_body(with_json, kind):
    """What two parsers could read differently, or none should read, is refused before anything else."""
    sent = [operation.send(BODIES[kind]) for operation in with_json]

    assert faults(sent) == []


def test_a_missing_body_is_refused(with_json):
    """Where one is needed."""
    needing = [operation for operation in with_json if operation.spec["requestBody"].get("required")]

    sent = [operation.send(content) for operation in needing for content in (b"", b"null")]
    sent += [operation.send(b"{}") for operation in needing if operation.schema.get("required")]

    assert len(needing) >= 14
    assert faults(sent) == []


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "x", ""],
)
def test_another_media_type_is_refused(with_json, media_type):
    """415: what a foreign page can send without asking is never read as JSON."""
    sent = [
        operation.send(b'{"email": "a@example.com"}', headers={"Content-Type": media_type}) for operation in with_json
    ]

    assert faults(sent) == []
    assert {one.answer.status_code for one in sent} == {415}


@pytest.mark.parametrize("value", [17.5, [MARKER], {MARKER: MARKER}, [[[]]]], ids=["number", "array", "object", "deep"])
def test_a_member_of_the_wrong_type_is_refused(members, value):
    """In a body that is right otherwise; the refusal names the member."""
    sent = [(name, operation.send_json(operation.body(**{name: value}))) for operation, name in members]

    assert faults(one for _, one in sent) == []
    assert [one.name for name, one in sent if f'"/{name}' not in one.answer.text] == []


TEXTS = {
    "surrogate": "\ud800",
    "late surrogate": f"{MARKER}\udfff",
    "NUL": f"\x00{MARKER}",
    "control characters": f"{MARKER}\x1b[31m\r\nSet-Cookie: a=b",
    "39,000 characters": f"{MARKER}\u2028" * 3_000,
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_that_is_no_text_is_refused(members, kind):
    """In every member that takes one; a password may hold anything but NUL, and two routes answer everything alike."""
    allowed = {"POST /v1/password/forgot", "POST /v1/verify/resend"} if "surrogate" not in kind else set()
    sent = [
        operation.send_json(operation.body(**{name: TEXTS[kind]}))
        for operation, name in members
        if not (kind == "control characters" and "password" in name)
    ]

    assert faults(sent, least=200) == []
    assert [fault for fault in faults(sent) if fault.partition(":")[0] not in allowed] == []


def test_a_password_of_sixty_kilobytes_is_refused_unhashed(members):
    """Just under the size of a body."""
    sent = [operation.send_json(operation.body(**{n: "x" * 60_000})) for operation, n in members if "password" in n]

    assert len(sent) >= 8
    assert faults(sent) == []


AUTHORIZATIONS = {
    "bearer only": b"Bearer",
    "bytes": b"Bearer \xff\xfe\xfd",
    "two": b"Bearer a b",
    "marker": b"Bearer " + MARKER.encode(),
    "dots": b"Bearer .....",
    "long": b"Bearer " + b"A" * 30_000,
    "deep": b"Bearer " + b"W1tbW1tbW1tb" * 1000 + b".e30.e30",
    "scheme": b"Negotiate " + MARKER.encode(),
    "digest": b'Digest username="' + MARKER.encode() + b'"',
    "basic": b"Basic",
    "basic text": b"Basic " + MARKER.encode(),
    "basic half": b"Basic YTpi=",
    "basic no colon": b"Basic bUFyS2VSNWYzYw==",
    "basic bytes": b"Basic //79OmE=",
    "basic NUL": b"Basic AAA6AAA=",
    "basic long": b"Basic " + b"YTph" * 7_000,
    "basic two": b"Basic YTpi YTpi",
}


@pytest.mark.parametrize("kind", AUTHORIZATIONS)
def test_a_broken_authorization_is_refused(operations, kind):
    """401 where it is needed, with a challenge; elsewhere it is no reason to fail."""
    sent = [
        (operation.is_protected, operation.send(headers={"Authorization": AUTHORIZATIONS[kind]}))
        for operation in operations
    ]

    assert faults((one for _, one in sent), least=200) == []
    refused = [one.answer for is_protected, one in sent if is_protected]
    assert {(answer.status_code, "WWW-Authenticate" in answer.headers) for answer in refused} <= {
        *((401, True), (422, False), (429, False)),
    }
    assert sum(answer.status_code == 401 for answer in refused) > 15


COOKIES = {
    "empty": b"doorward_session=",
    "marker": b"doorward_session=" + MARKER.encode(),
    "quotes": b'doorward_session="',
    "escapes": b'doorward_session="\\377\\000"',
    "bytes": b"doorward_session=\xff\xfe; doorward_refresh=\xff",
    "no name": b"=; ==; ;;;",
    "many": b"; ".join(b"c%d=1" % n for n in range(2_000)),
    "twice": b"doorward_session=a; doorward_session=b",
    "refresh": b"doorward_refresh=" + MARKER.encode(),
    "long": b"doorward_session=" + b"A" * 30_000,
}


@pytest.mark.parametrize("kind", COOKIES)
def test_a_broken_cookie_is_refused(operations, kind):
    """It signs nobody in and breaks nothing."""
    sent = [
        (operation.is_protected, operation.send(headers={"Authorization": "", "Cookie": COOKIES[kind]}))
        for operation in operations
    ]

    assert faults((one for _, one in sent), least=200) == []
    assert {one.answer.status_code for is_protected, one in sent if is_protected} <= {401, 422}


HEADERS = ["User-Agent", "X-Forwarded-For", "X-Request-Id", "Origin", "Referer", "Accept", "Accept-Language", "Range"]
VALUES = {
    "marker": MARKER.encode(),
    "bytes": b"\xff\xfe\x80",
    "long": MARKER.encode() * 3_000,
    "empty": b"",
    "huge": b"x" * 500_000,
}


@pytest.mark.parametrize("kind", VALUES)
def test_odd_headers_break_nothing(operations, kind):
    """And are not sent back."""
    headers = dict.fromkeys([*HEADERS[:3], HEADERS[3 + len(kind) % 5]], VALUES[kind])

    sent = [operation.send(headers=headers) for operation in operations]

    assert faults(sent, least=200) == []


def test_broken_queries_are_refused(operations):
    """Every parameter of every list; free texts find nothing, all others are named in the refusal."""
    values = [MARKER, "\x00", "-1", "1e999", "9" * 5_000, "\ud800".encode("utf-8", "surrogatepass"), "null", "[]"]
    sent = [
        (parameter["name"], operation.send(params={parameter["name"]: value}))
        for operation in operations
        for parameter in operation.spec.get("parameters", [])
        if parameter["in"] == "query"
        for value in values
    ]

    assert len(sent) > 100
    assert faults((one for _, one in sent), least=200) == []
    typed = [one for name, one in sent if name not in ("q", "to", "event_type", "cursor")]
    assert faults(typed) == []


@pytest.mark.parametrize("part", [MARKER, "%00", "%FF%FE", "..%2F..%2Fetc", "0" * 5_000, "%ED%A0%80", "🐈", "' OR 1=1"])
def test_broken_paths_are_refused(operations, part):
    """Where an id or an action belongs."""
    sent = [operation.send(path=operation.path.replace("{", "\0").split("\0")[0] + part) for operation in operations]

    assert faults(sent) == []


FORMS = {
    "bytes": b"username=%FF%FE&password=%FF",
    "raw bytes": b"username=\xff\xfe&password=\xff",
    "NUL": b"username=%00&password=%00",
    "surrogate": b"username=%ED%A0%80&password=x",
    "twice": b"username=a&username=b&password=x&password=y",
    "marker": b"username=" + MARKER.encode() + b"&password=" + MARKER.encode(),
    "long": b"username=a&password=" + b"x" * 60_000,
    "too long": b"username=a&password=" + b"x" * 1_000_000,
    "many": b"&".join(b"f%d=1" % n for n in range(5_000)),
    "percent": b"%=%%&%zz=%u0041",
    "grant": b"grant_type=" + MARKER.encode(),
}
ACTIONS = ("/verify/form", "/reset-password/form", "/forgot-password/form")


@pytest.mark.parametrize("kind", FORMS)
def test_broken_forms_are_refused(operations, kind):
    """The token endpoint and the pages; asking for a letter is answered alike whoever asks."""
    forms = [operation for operation in operations if operation.has_form]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    sent = [operation.send(FORMS[kind], headers=headers) for operation in forms]
    client = forms[0].client
    pages = [Sent(action, client.post(action, content=FORMS[kind], headers=headers), 0) for action in ACTIONS]

    assert faults(sent) == []
    assert faults(pages, least=200) == []
    assert all(one.answer.status_code >= 400 for one in pages[:2])


@pytest.mark.parametrize(
    "media_type", ["application/json", "multipart/form-data", "multipart/form-data; boundary=", ""]
)
def test_forms_of_another_media_type_are_refused(operations, media_type):
    """415."""
    client = next(operation for operation in operations if operation.has_form).client
    headers = {"Content-Type": media_type} if media_type else {}

    actions = ["/oauth/token", *ACTIONS]

    statuses = {client.post(action, content=b"a=b", headers=headers).status_code for action in actions}

    assert statuses == {415}
