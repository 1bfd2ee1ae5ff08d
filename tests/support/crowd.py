"""Real accounts with their sessions, codes and links, made while a fuzzer runs, so that each route can succeed."""

import base64
import random
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from support.program import Running

CROWD_PASSWORD = "Correct-Horse-7"
NAMES = {"first_name": "Ada", "last_name": "Lovelace"}
CHANCE = random.SystemRandom()  # the usual generator begins anew with each of the fuzzer's examples
Body = dict[str, Any]


@dataclass
class Person:
    """A verified account, and its session if it has one."""

    id: str
    email: str
    token: str = ""

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Crowd:
    """Makes people, and what they need to do one thing right."""

    def __init__(self, running: Running, dialect: str) -> None:
        self._running = running
        self._http = running.client()
        self._conceals = dialect == "modern"
        self._is_by_code = dialect == "link-activation"
        self._helper: str | None = None
        self._neighbour: Person | None = None

    def person(self, role: str = "user") -> Person:
        """Somebody new, signed in."""
        made = self._made(role)
        return Person(made.id, made.email, self.token(made.email))

    @property
    def neighbour(self) -> Person:
        """Somebody else, the same until `part`."""
        if self._neighbour is None:
            self._neighbour = self._made("user")
        return self._neighbour

    def part(self) -> None:
        """The neighbour may be locked, changed or gone."""
        self._neighbour = None

    def _made(self, role: str) -> Person:
        address = email()
        body = {"email": address, "password": CROWD_PASSWORD, "verified": True, "role": role, **NAMES}
        return Person(self._as_helper("POST", "/v1/admin/users", body)["id"], address)

    def token(self, address: str, password: str = CROWD_PASSWORD) -> str:
        """A session of its own."""
        form = {"username": address, "password": password}
        return self._http.post("/oauth/token", data=form).raise_for_status().json()["access_token"]

    def other_session(self, person: Person) -> str:
        """The id of one more session of somebody."""
        self.token(person.email)
        return self._http.get("/v1/sessions", headers=person.bearer).raise_for_status().json()["items"][0]["id"]

    def refresh_token(self) -> str:
        """A refresh token nobody has used yet."""
        form = {"username": self.neighbour.email, "password": CROWD_PASSWORD}
        return self._http.post("/oauth/token", data=form).raise_for_status().json()["refresh_token"]

    def newcomer(self) -> str:
        """The address of an account that waits for its code."""
        address = email()
        self._signed_up(address)
        return address

    def basic(self, address: str) -> str:
        """The header of somebody who sends the password along."""
        return "Basic " + base64.b64encode(f"{address}:{CROWD_PASSWORD}".encode()).decode()

    def proof(self) -> Body:
        """What verifies an address: the code with the sign-up's handle, or the link with what it needs."""
        address = email()
        handle = self._signed_up(address).get("verification")
        letter = self.letter(address)
        if handle and CHANCE.random() < 0.5:
            return {"verification": handle, "code": letter["code"]}
        if self._is_by_code:
            return {"token": link_token(letter), "code": letter["code"]}
        return {"token": link_token(letter), "password": CROWD_PASSWORD}

    def handle(self) -> str:
        """The handle of a sign-up that waits."""
        return self._signed_up(email())["verification"]

    def reset_token(self) -> str:
        """The token of a link that sets a new password."""
        address = self._made("user").email
        self._http.post("/v1/password/forgot", json={"identifier": address}).raise_for_status()
        return link_token(self.letter(address))

    def restore_token(self) -> str:
        """The token of the link that keeps a closed account."""
        person = self.person()
        body = {"password": CROWD_PASSWORD}
        self._http.request("DELETE", "/v1/me", json=body, headers=person.bearer).raise_for_status()
        deadline = time.monotonic() + 10
        while "/restore-account" not in ((letter := self.letter(person.email))["link"] or ""):
            if time.monotonic() > deadline:
                raise AssertionError("no letter about the closing came")
            time.sleep(0.05)
        return link_token(letter)

    def code_for_new(self, kind: str, person: Person) -> str:
        """The code that was sent to somebody's new address or number."""
        new = email() if kind == "email" else phone()
        body = {kind: new, "password": CROWD_PASSWORD}
        self._http.put(f"/v1/me/{kind}", json=body, headers=person.bearer).raise_for_status()
        return self.letter(new)["code"]

    def code(self, address: str) -> str:
        """The newest code sent to an address."""
        return self.letter(address)["code"]

    def letter(self, to: str) -> Body:
        """The newest letter or text message to somebody, as soon as there is one."""
        query = {"to": to, "wait": 10}
        return self._http.get("/dev/inbox/messages", params=query).raise_for_status().json()["messages"][0]

    def _signed_up(self, address: str) -> Body:
        body = {"email": address, "password": CROWD_PASSWORD, **NAMES}
        return self._http.post("/v1/users", json=body).raise_for_status().json()

    def _as_helper(self, method: str, path: str, body: Body) -> Body:
        """Act as an administrator of the crowd's own; a new one is made where a fuzzed call has removed the last."""
        for _ in range(2):
            headers = {"Authorization": f"Bearer {self._helper}"}
            answer = self._http.request(method, path, json=body, headers=headers)
            if answer.status_code not in (401, 403):
                return answer.raise_for_status().json()
            address = email()
            names = ("--first-name", NAMES["first_name"], "--last-name", NAMES["last_name"])
            self._running.create_user(address, CROWD_PASSWORD, "--role", "admin", "--verified", *names)
            self._helper = self.token(address)
        raise httpx2.HTTPError("no administrator could be made")


def email() -> str:
    """An address that nobody has."""
    return f"{secrets.token_hex(6)}@example.com"


def phone() -> str:
    """A number that nobody has."""
    return f"+4915{secrets.randbelow(10**9):09}"


def link_token(letter: Body) -> str:
    """The token in a letter's link."""
    return parse_qs(urlsplit(letter["link"]).query)["token"][0]
