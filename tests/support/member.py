"""Somebody with a verified account and a session, made through HTTP and mail as anybody would."""

from dataclasses import dataclass, field
from typing import Any

import httpx2

from support.mailbox import Mailbox

MEMBER_PASSWORD = "a long walk in the hills"


@dataclass
class Member:
    """An account; `signed_in` holds the newest answer to a sign-in."""

    http: httpx2.Client
    address: str
    password: str = MEMBER_PASSWORD
    signed_in: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.signed_in["user"]["id"]

    @property
    def bearer(self) -> dict[str, str]:
        return bearer(self.signed_in)

    def sign_up(self, **profile: Any) -> httpx2.Response:
        body = {"email": self.address, "password": self.password} | profile
        return self.http.post("/v1/users", json=body)

    def sign_in(self, **changed: Any) -> httpx2.Response:
        """Open one more session."""
        body = {"identifier": self.address, "password": self.password} | changed
        return self.http.post("/v1/sessions", json=body)

    def join(self, mailbox: Mailbox, **profile: Any) -> "Member":
        """Sign up, verify by the mailed code, sign in."""
        handle = self.sign_up(**profile).json()["verification"]
        code = mailbox.code(self.address)
        self.http.post("/v1/verify", json={"verification": handle, "code": code}).raise_for_status()
        self.signed_in = self.sign_in().raise_for_status().json()
        return self


def bearer(signed_in: dict[str, Any]) -> dict[str, str]:
    """The header for the access token of an answer."""
    return {"Authorization": f"Bearer {signed_in['access_token']}"}
