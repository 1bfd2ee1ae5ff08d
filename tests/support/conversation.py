"""What a client may say to a service of any profile, word for word the same each time, and what it hears."""

import json
import time
from typing import Any

import httpx2

from support.program import Running

SECRET = "Correct-Horse-7"
NEW_SECRET = "Battery-Staple-8"
ADMIN = "root@example.com"
# Names and addresses that databases order, fold and search differently.
NAMES = (
    "Ada",
    "ada",
    "ADA",
    "Åsa",
    "Asa",
    "Ägnes",
    "Zoë",
    "Zoe",
    "Œdipe",
    "Straße",
    "STRASSE",
    "İpek",
    "\u0131pek",
    "Łucja",
)
ODD = ("O'Neill", 'say "hi"', "100%", "under_score", "back\\slash", "tab\there", "😀 grin", "名前", "é", "é", " both ")
SEARCHED = (
    *(
        "ada",
        "ADA",
        "Åsa",
        "asa",
        "zoë",
        "ZOE",
        "straße",
        "STRASSE",
        "strasse",
        "%",
        "_",
        "\\",
        "'",
        '"',
        "100%",
        "r_s",
    ),
    *(
        "name7",
        "@example",
        "😀",
        "名",
        "é",
        "İ",
        "i",
        " ",
        "nobody at all",
        "x" * 300,
        "a\u0000b",
        "*",
        "[a-z]",
        "$ne",
        ".",
        "(",
    ),
)
QUERIES = (
    *({"sort": sort} for sort in ("created_at", "-created_at", "email", "-email", "name", "last_name", "-status", "")),
    *({"limit": limit} for limit in ("1", "0", "-1", "7", "100", "1000", "x", "9" * 30)),
    *({"status": status} for status in ("ACTIVE", "active", "DISABLED", "LOCKED", "GONE", "")),
    *({"verified": verified} for verified in ("true", "false", "1", "maybe")),
    *({"cursor": cursor} for cursor in ("", "x", "AAAA", "eyJhIjoxfQ", "%00", "🙂")),
)
AUDITED = (
    *({"event_type": name} for name in ("LOGIN_SUCCESS", "login_success", "SIGNUP", "USER_CREATED", "NOTHING", "'")),
    *({"user_id": name} for name in ("00000000-0000-0000-0000-000000000000", "x", "")),
    *({name: moment} for name in ("since", "until") for moment in ("2020-01-01T00:00:00Z", "2999-01-01", "never", "")),
    *({"limit": limit} for limit in ("1", "3", "100", "0", "x")),
    *({"cursor": cursor} for cursor in ("0", "1", "-1", "x", "9" * 40)),
)
SIGN_UPS: tuple[Any, ...] = (
    *(
        {"email": email}
        for email in ("a", "a@b", "ada@example.com ", "Ada@EXAMPLE.com", "ünï@bücher.example.com", "a" * 300)
    ),
    *(
        {"email": value}
        for value in (None, 7, [], {}, True, "", "nul\u0000@example.com", "a@example.com\n", "a'--@example.com")
    ),
    *(
        {"password": value}
        for value in ("", "short", "x" * 1000, "with\u0000nul-Correct-1", "Pässwörd-Ünïcode-7", 7, None)
    ),
    *({"first_name": value} for value in (*ODD, "", "x" * 101, "x" * 100, "ä" * 100, "😀" * 100, "n\u0000l", 7)),
    *({"surprise": 1}, {"role": "admin"}, {"id": "x"}),
)
RAW = (b"", b"{", b"[]", b"null", b'{"email": 1, "email": 2}', b"\xff\xfe", b'{"a": NaN}', b'"text"', b"[" * 5000)
# Where each profile signs up and in: path, the member that names the account, and whether a form is sent.
SIGN_UP = {
    "signup-signin": "/signup",
    "email-or-phone": "/register",
    "oauth2-password": "/register",
    "link-activation": "/register",
}
SIGN_IN = {
    "signup-signin": ("/signin", "email", False),
    "email-or-phone": ("/login", "username", False),
    "oauth2-password": ("/login", "username", True),
    "link-activation": ("/access-token", "username", True),
}


class Talk:
    """One conversation; `lines` hold what was said on both sides."""

    def __init__(self, service: Running) -> None:
        self._service = service
        self._http = service.client()
        self.lines: list[str] = []

    def say(self, method: str, path: str, token: str = "", **options: Any) -> Any:
        """Send a request and note the answer; what it leaves to be delivered is delivered before the next one."""
        self._http.cookies.clear()
        headers = options.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        answer = self._http.request(method, path, headers=headers, **options)
        self.lines.append(f"{method} {path} {options!r:.300} -> {answer.status_code} {_body(answer)}")
        if method != "GET" and answer.is_success:
            self._settle()
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else None

    def _settle(self) -> None:
        deadline = time.monotonic() + 20
        while self._service.records("outbox", dead_at=None):
            if time.monotonic() > deadline:
                raise TimeoutError("the outbox does not drain")
            time.sleep(0.02)


def converse(service: Running, profile: str) -> list[str]:
    """Say everything to a service that has just been started, and give back both sides."""
    service.create_user(ADMIN, SECRET, "--role", "admin", "--verified", "--first-name", "Grace")
    talk = Talk(service)
    root = talk.say("POST", "/oauth/token", data={"username": ADMIN, "password": SECRET})["access_token"]
    _sign_ups(talk, profile)
    people = _people(talk, root)
    _sign_ins(talk, profile)
    _lists(talk, root)
    _account(talk, root, people)
    _audit(talk, root)
    return talk.lines


def _body(answer: httpx2.Response) -> str:
    if "json" not in answer.headers.get("Content-Type", ""):
        return f"{answer.headers.get('Content-Type')} {len(answer.content)} bytes"
    return json.dumps(answer.json(), ensure_ascii=True, sort_keys=True)


def _sign_ups(talk: Talk, profile: str) -> None:
    path = SIGN_UP.get(profile, "/v1/users")
    name = "username" if profile == "email-or-phone" else "email"
    for number, changed in enumerate(SIGN_UPS):
        body = {"email": f"new{number}@example.com", "password": SECRET, "first_name": "Ada", "last_name": "Lovelace"}
        body |= changed
        talk.say("POST", path, json={name if key == "email" else key: value for key, value in body.items()})
    for email in ("new30@example.com", "NEW30@example.com", "new30@EXAMPLE.COM"):
        talk.say("POST", path, json={name: email, "password": SECRET, "first_name": "Ada", "last_name": "Lovelace"})
    for raw in RAW:
        talk.say("POST", path, content=raw, headers={"Content-Type": "application/json"})


def _people(talk: Talk, root: str) -> list[str]:
    """Users made by an administrator, in an order that no sorting keeps."""
    made = []
    for number, name in enumerate((*NAMES, *ODD)):
        body = {"email": f"{'zyxw'[number % 4]}name{number}@example.com", "password": SECRET, "first_name": name}
        answer = talk.say(
            "POST", "/v1/admin/users", root, json={**body, "last_name": NAMES[-number % 14], "verified": number % 3 > 0}
        )
        made += [answer["id"]] if answer and "id" in answer else []
    return made


def _sign_ins(talk: Talk, profile: str) -> None:
    path, name, is_form = SIGN_IN.get(profile, ("/v1/sessions", "identifier", False))
    for who, password in (
        *(("yname1@example.com", SECRET), ("YNAME1@Example.COM", SECRET), (" yname1@example.com", SECRET)),
        *(("yname1@example.com", "wrong"), ("yname1@example.com", ""), ("nobody@example.com", SECRET)),
        *(("yname1@example.com\u0000", SECRET), ("' OR 1=1 --", SECRET), ("%", SECRET), ("ÿname1@example.com", SECRET)),
        *(("yname5@example.com", f"wrong {n}") for n in range(5)),
        ("yname5@example.com", SECRET),
    ):
        body = {name: who, "password": password}
        talk.say("POST", path, **({"data": body} if is_form else {"json": body}))


def _lists(talk: Talk, root: str) -> None:
    for query in (*({"q": text} for text in SEARCHED), *QUERIES):
        talk.say("GET", "/v1/admin/users", root, params={"limit": "100"} | query)
    for sort in ("created_at", "-created_at", "email", "-email"):
        _pages(talk, "/v1/admin/users", root, {"limit": "5", "sort": sort})


def _audit(talk: Talk, root: str) -> None:
    for query in AUDITED:
        talk.say("GET", "/v1/audit", root, params=query)
    _pages(talk, "/v1/audit", root, {"limit": "40"})


def _pages(talk: Talk, path: str, root: str, query: dict[str, str]) -> None:
    for _ in range(30):
        page = talk.say("GET", path, root, params=query)
        if not (cursor := (page or {}).get("next_cursor")):
            return
        query = query | {"cursor": cursor}


def _account(talk: Talk, root: str, people: list[str]) -> None:
    """What somebody does with an account, and what administrators do to it."""
    body = {"username": "xname2@example.com", "password": SECRET}
    token = (talk.say("POST", "/oauth/token", data=body) or {}).get("access_token", "none")
    for changed in (
        {"first_name": "Björk"},
        {"first_name": "n\u0000l"},
        {"address": "Long " * 200},
        {"date_of_birth": "1815-12-10"},
    ):
        talk.say("PATCH", "/v1/me", token, json=changed)
    for path in ("/v1/me", "/v1/sessions", "/v1/me/audit", "/v1/me/export", "/v1/policy"):
        talk.say("GET", path, token)
    talk.say("PUT", "/v1/me/password", token, json={"old_password": "wrong", "new_password": NEW_SECRET})
    talk.say("PUT", "/v1/me/password", token, json={"old_password": SECRET, "new_password": NEW_SECRET})
    talk.say("PUT", "/v1/me/email", token, json={"email": "yname1@example.com", "password": NEW_SECRET})
    for action in ("disable", "disable", "enable", "unlock", "lock", "dance"):
        talk.say("POST", f"/v1/admin/users/{people[3]}/{action}", root, json={})
    for changed in ({"first_name": "Ωmega"}, {"email": "yname1@example.com"}, {"role": "king"}, {"status": "GONE"}):
        talk.say("PATCH", f"/v1/admin/users/{people[4]}", root, json=changed)
    for person in (people[5], people[5], "00000000-0000-0000-0000-000000000000", "x"):
        talk.say("DELETE", f"/v1/admin/users/{person}", root, json={})
        talk.say("GET", f"/v1/admin/users/{person}", root)
    talk.say("DELETE", "/v1/sessions/current", token)
    talk.say("GET", "/v1/me", token)
