"""Somebody who registers in the profile `link-activation`."""

from collections.abc import Callable
from typing import Any

import httpx2

from support.mailbox import Mailbox

RECORD_PASSWORD = "a lantern in the window"


class Record:
    """An address and a password; `id` is known once registered, `bearer` once signed in."""

    def __init__(self, http: httpx2.Client, address: str, password: str = RECORD_PASSWORD) -> None:
        self.http, self.address, self.password = http, address, password
        self.id = ""
        self.bearer: dict[str, str] = {}

    @property
    def basic(self) -> tuple[bytes, bytes]:
        return (self.address.encode(), self.password.encode())

    @property
    def path(self) -> str:
        return f"/users/{self.id}"

    def register(self, **names: Any) -> httpx2.Response:
        answer = self.http.post("/register", json={"email": self.address, "password": self.password} | names)
        self.id = answer.json().get("id", self.id)
        return answer

    def sign_in(self, **changed: Any) -> httpx2.Response:
        form = {"username": self.address, "password": self.password} | changed
        answer = self.http.post("/access-token", data=form)
        if answer.status_code == 200:
            self.bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return answer

    def verify(self, token: str, code: str) -> httpx2.Response:
        return self.http.post("/verify", json={"token": token, "code": code})

    def resend(self) -> httpx2.Response:
        return self.http.post("/v1/users/resend-code", auth=self.basic)

    def mailed(self, mailbox: Mailbox, *, count: int = 1) -> tuple[str, str]:
        """Token and code of the newest letter."""
        link = mailbox.link(self.address, count=count)
        return link.partition("token=")[2], mailbox.code(self.address, count=count)

    def joined(self, mailbox: Mailbox, **names: Any) -> "Record":
        """Register, verify, sign in."""
        self.register(**names).raise_for_status()
        self.verify(*self.mailed(mailbox)).raise_for_status()
        self.sign_in().raise_for_status()
        return self


def without_cookies(http: httpx2.Client) -> Callable[..., httpx2.Response]:
    """Send requests as a program does that keeps no cookie."""

    def send(method: str, path: str, **options: Any) -> httpx2.Response:
        http.cookies.clear()
        return http.request(method, path, **options)

    return send
