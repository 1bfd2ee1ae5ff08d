"""What an attacker writes into headers, addresses, names and bodies stays what it is: text."""

import re
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from support.mailbox import text_of
from support.member import MEMBER_PASSWORD, Member
from support.pages import action_of
from support.person import outcome

PASSWORD = "Correct-Horse-7"
EVIL = "evil.example"
PROFILES = ("modern", "signup-signin", "email-or-phone", "oauth2-password", "code-activation", "link-activation")
PAGES = ("/", "/verify", "/reset-password", "/forgot-password", "/problems", "/docs", "/.well-known/change-password")
HEADERS = {"date", "from", "to", "subject", "message-id", "auto-submitted", "mime-version"} | {
    "content-type",
    "content-language",
}
OWN = re.compile(r"/(?![/\\])[\x21-\x7e]*")
SPOOFS = {
    "Host": {"Host": EVIL},
    "Host with a port": {"Host": f"{EVIL}:80"},
    "X-Forwarded-Host": {"X-Forwarded-Host": EVIL},
    "X-Forwarded-Server": {"X-Forwarded-Server": EVIL, "X-Host": EVIL, "X-HTTP-Host-Override": EVIL},
    "Forwarded": {"Forwarded": f"for=1.2.3.4;host={EVIL};proto=https"},
    "X-Forwarded-Proto": {"X-Forwarded-Proto": "https", "X-Forwarded-Scheme": "https", "X-Forwarded-Ssl": "on"},
    "X-Forwarded-Prefix": {"X-Forwarded-Prefix": f"//{EVIL}", "X-Original-URL": f"//{EVIL}", "X-Rewrite-URL": "/x"},
    "Origin": {"Origin": f"https://{EVIL}", "Referer": f"https://{EVIL}/"},
}
NAMES = {
    "template": "{{7*7}}{% raw %}",
    "expression": "${7*7}#{7*7}<%= 7*7 %>",
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "encoded word": "=?utf-8?q?=0D=0ABcc=3A_eve=40evil.example?=",
    "percent": "%0d%0aBcc: eve@evil.example",
}
BREAKS = ("\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\x00")
FOREIGN = {
    "foreign origin": {"Origin": f"https://{EVIL}"},
    "null origin": {"Origin": "null"},
    "cross-site": {"Sec-Fetch-Site": "cross-site"},
    "sibling": {"Sec-Fetch-Site": "same-site"},
    "near": {"Origin": "http://127.0.0.1"},
    "broken": {"Origin": "http://[::1"},
}


@dataclass(frozen=True)
class Operation:
    """One operation of a profile's document, and a browser in which its administrator is signed in."""

    browser: httpx2.Client
    profile: str
    method: str
    path: str
    spec: dict[str, Any]
    members: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.profile}: {self.method} {self.path}"

    def send(self, body: Any = None, **options: Any) -> httpx2.Response:
        path = self.path.format(user_id=uuid4(), session_id=uuid4(), action="lock")
        has_body = "requestBody" in self.spec
        if "basic" in str(self.spec.get("security", "")):
            options["auth"] = ("root@example.com", PASSWORD)
        return self.browser.request(self.method, path, **({"json": body or {}} if has_body else {}), **options)


@pytest.fixture(scope="module")
def operations(launch_module):
    """All operations that take a body or change something, of all profiles."""
    return [found for profile in PROFILES for found in operations_of(launch_module, profile)]


def operations_of(launch_module, profile):
    service = launch_module(profile, env={"DOORWARD_DOCS": "on"})
    service.create_user("root@example.com", PASSWORD, "--role", "admin", "--verified")
    browser = service.client()
    form = {"identifier": "root@example.com", "password": PASSWORD, "delivery": "cookie"}
    browser.post("/v1/sessions", json=form).raise_for_status()
    document = browser.get("/openapi.json").json()
    for path, item in document["paths"].items():
        for method in set(item) & {"post", "put", "patch", "delete"}:
            content = item[method].get("requestBody", {}).get("content", {})
            members = properties(content.get("application/json", {}).get("schema", {}), document)
            yield Operation(browser, profile, method.upper(), path, item[method], members)


def properties(schema, document):
    reference = next((part["$ref"] for part in (schema, *schema.get("anyOf", [])) if "$ref" in part), None)
    return document["components"]["schemas"][reference.rpartition("/")[2]]["properties"] if reference else {}


@pytest.mark.parametrize("spoof", SPOOFS.values(), ids=SPOOFS)
def test_no_header_changes_a_mailed_link(service, http, address, mailbox, spoof):
    """Links of sign-up and reset lead to PUBLIC_URL, whatever a request says about its host."""
    member = Member(http, address)
    body = {"email": address, "password": MEMBER_PASSWORD}
    handle = http.post("/v1/users", json=body, headers=spoof).raise_for_status().json()["verification"]
    links = [mailbox.link(address)]
    proof = {"verification": handle, "code": mailbox.code(address)}
    http.post("/v1/verify", json=proof, headers=spoof).raise_for_status()

    http.post("/v1/password/forgot", json={"identifier": member.address}, headers=spoof).raise_for_status()
    links.append(mailbox.link(address, count=2))

    assert [link.partition("?")[0] for link in links] == [f"{service.url}/verify", f"{service.url}/reset-password"]
    assert not [raw for raw in mailbox.raw(address) if EVIL.encode() in raw]


def test_a_trusted_proxy_changes_no_mailed_link_either(launch, address, mailbox):
    """It speaks for the client's address and for nothing else."""
    service = launch("modern", env={"DOORWARD_TRUSTED_PROXIES": "127.0.0.0/8"})
    spoof = {name: value for headers in SPOOFS.values() for name, value in headers.items()}

    service.client().post("/v1/users", json={"email": address, "password": MEMBER_PASSWORD}, headers=spoof)

    assert mailbox.link(address).startswith(f"{service.url}/verify?token=")
    assert EVIL.encode() not in mailbox.raw(address)[0]


@pytest.mark.parametrize("target", [f"https://{EVIL}", f"//{EVIL}", f"/\\{EVIL}", "javascript:alert(1)"])
def test_nothing_redirects_to_where_a_request_says(service, http, target):
    """No page and no operation sends a browser to another host, also if the request says that this is its own."""
    names = ("next", "url", "redirect", "redirect_uri", "return_to", "continue", "token")
    asked = dict.fromkeys(names, target)
    document = http.get("/openapi.json").json()
    paths = [*PAGES, *(p for p, item in document["paths"].items() if "get" in item and "{" not in p)]
    paths += [f"//{EVIL}", f"//{EVIL}/..", f"/\\{EVIL}", f"/%2f{EVIL}", f"/docs/..//{EVIL}", f"/verify//{EVIL}/"]

    answers = [http.get(f"{http.base_url}".rstrip("/") + path, params=asked) for path in paths]
    answers += [http.get(path, params=asked, headers=SPOOFS["Host"]) for path in PAGES]
    answers += [http.post(action_of(http, page), data=asked) for page in ("/verify", "/reset-password")]

    found = [a.headers["Location"].removeprefix(service.url) for a in answers if "Location" in a.headers]
    assert found
    assert [place for place in found if not OWN.fullmatch(place)] == []
    assert not [answer.url for answer in answers if EVIL in answer.headers.get("Refresh", "")]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_text_in_a_letter(join, http, mailbox, name):
    """Not run by the template, not markup in HTML, and no header of its own."""
    member = join(first_name=name, last_name=name)
    http.post("/v1/password/forgot", json={"identifier": member.address}).raise_for_status()
    letter = mailbox.wait_for(member.address, count=2)
    raw = mailbox.raw(member.address)[-1]
    html = letter.get_body(("html",)).get_content()

    assert f"Hello {name}," in text_of(letter)
    assert "<script" not in html
    assert "<img" not in html
    assert len(re.findall(r"<a href=", html)) == 1
    assert {key.lower() for key in letter.keys()} == HEADERS  # noqa: SIM118 - a letter is no dict
    assert letter["To"] == member.address
    assert b"\nbcc:" not in raw.lower()


@pytest.mark.parametrize("separator", BREAKS, ids=[repr(b) for b in BREAKS])
@pytest.mark.parametrize("member", ["first_name", "last_name", "email"])
def test_a_line_break_is_no_part_of_a_name_or_address(http, address, mailbox, member, separator):
    """422 with the member, and no letter to anybody."""
    other = f"x{address}"
    value = f"{address if member == 'email' else 'Ada'}{separator}Bcc: {other}"

    answer = http.post("/v1/users", json={"email": address, "password": MEMBER_PASSWORD} | {member: value})

    assert outcome(answer) == (422, "validation_failed")
    assert {e["pointer"] for e in answer.json()["errors"]} == {f"/{member}"}
    assert mailbox.messages(address) == mailbox.messages(other) == []


@pytest.mark.parametrize("local", ["{{7*7}}", "${7*7}", "a=b?c&d", "'or'1'='1", "%0d%0abcc"])
def test_an_odd_address_is_text_in_a_letter(http, mailbox, local):
    """What a mailbox may be called is written as it is, into one recipient."""
    address = f"{local}{secrets.token_hex(4)}@example.com"
    http.post("/v1/users", json={"email": address, "password": MEMBER_PASSWORD}).raise_for_status()

    letter = mailbox.wait_for(address)

    assert [recipient.addr_spec for recipient in letter["To"].addresses] == [address]
    assert {key.lower() for key in letter.keys()} == HEADERS  # noqa: SIM118 - a letter is no dict
    assert "49" not in text_of(letter).replace(mailbox.code(address), "").replace(mailbox.link(address), "")


def test_the_inbox_page_shows_letters_as_text(launch, address):
    """In development, too, nothing of a name is run."""
    service = launch("signup-signin", mode="dev")
    http = service.client()
    name = NAMES["script"]
    body = {"first_name": name, "last_name": name, "email": address, "password": PASSWORD}
    http.post("/signup", json=body).raise_for_status()
    http.post("/v1/password/forgot", json={"identifier": address}).raise_for_status()
    http.get("/dev/inbox/messages", params={"to": address, "wait": 10})

    page = http.get("/dev/inbox")

    assert address in page.text
    assert "<script>" not in page.text
    assert "unsafe" not in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_page_can_use_no_cookie(operations, headers):
    """Every operation that needs a session and changes something says so, before it looks at the body."""
    protected = [one for one in operations if "bearer" in str(one.spec.get("security", ""))]

    answers = {one.name: outcome(one.send(headers=headers)) for one in protected}

    assert len(answers) > 60
    assert {name: answer for name, answer in answers.items() if answer != (403, "cross_site")} == {}
    for browser in {id(one.browser): one.browser for one in protected}.values():
        assert browser.get("/v1/me").status_code == 200


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_page_can_use_no_refresh_cookie(member, service, headers):
    """And the session goes on for its owner."""
    browser = service.client()
    form = {"identifier": member.address, "password": member.password, "delivery": "cookie"}
    browser.post("/v1/sessions", json=form).raise_for_status()

    refused = browser.post("/v1/sessions/refresh", json={}, headers=headers)

    assert outcome(refused) == (403, "cross_site")
    assert browser.post("/v1/sessions/refresh", json={}, headers={"Origin": service.url}).status_code == 200


TAKEN = {
    "role": "admin",
    "status": "ACTIVE",
    "is_active": True,
    "verified": True,
    "is_verified": True,
    "verified_at": "2026-01-01T00:00:00Z",
    "id": str(uuid4()),
    "created_at": "2026-01-01T00:00:00Z",
    "failed_attempts": 0,
    "password_hash": "x",
}


def test_nobody_sets_what_is_not_his_to_set(operations):
    """Role, status, proof, id and times are refused by every sign-up and every profile, each by its name."""
    named = [one for one in operations if "first_name" in one.members and "/admin/" not in one.path]
    missed = {}
    for one in named:
        before = one.browser.get("/v1/me").json()
        for member, value in TAKEN.items():
            address = f"{secrets.token_hex(6)}@example.com"
            given = {"email": address, "username": address, "password": PASSWORD, "first_name": "Ada", "last_name": "L"}
            answer = one.send({k: v for k, v in given.items() if k in one.members} | {member: value})
            pointers = {e["pointer"] for e in answer.json().get("errors", [])}
            found = one.browser.get("/v1/admin/users", params={"q": address}).json()["items"]
            if answer.status_code != 422 or f"/{member}" not in pointers or found:
                missed[f"{one.name} {member}"] = (answer.status_code, pointers, len(found))
        assert one.browser.get("/v1/me").json() == before

    assert len(named) >= 14
    assert missed == {}


@pytest.mark.parametrize("value", [{"$gt": ""}, {"$ne": None}, {"$where": "sleep(1)"}, [{"$in": [1]}], {"": {}}])
def test_an_operator_of_a_database_is_no_value(operations, value):
    """Objects and lists where a text is expected are refused, in every member of every body."""
    with_members = [one for one in operations if one.members]
    missed = {}
    for one in with_members:
        answer = one.send(dict.fromkeys(one.members, value))
        pointers = {e["pointer"].split("/")[1] for e in answer.json().get("errors", [])}
        if outcome(answer) != (422, "validation_failed") or not set(one.members) <= pointers:
            missed[one.name] = (answer.status_code, set(one.members) - pointers)

    assert len(with_members) > 50
    assert missed == {}


def test_an_operator_in_a_form_or_query_is_no_value(http, admin):
    """`name[$ne]` is another name, and an unknown one."""
    form = http.post("/oauth/token", data={"grant_type": "password", "username[$ne]": "x", "password[$ne]": "x"})
    query = http.get("/v1/admin/users", params={"q[$ne]": "x"}, headers=admin)

    assert (form.status_code, form.json()["error"]) == (400, "invalid_grant")
    assert outcome(query) == (422, "validation_failed")
