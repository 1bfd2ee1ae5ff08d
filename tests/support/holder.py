"""Somebody who registers in the profile `email-or-phone`."""

import random
from typing import Any

import httpx2

HOLDER_PASSWORD = "Correct-Horse-7"
NAMES = {"first_name": "Ada", "last_name": "Lovelace"}


class Holder:
    """A user name and a password; `bearer` is known once signed in."""

    def __init__(self, http: httpx2.Client, username: str, password: str = HOLDER_PASSWORD) -> None:
        self.http, self.username, self.password = http, username, password
        self.bearer: dict[str, str] = {}

    def register(self, **changed: Any) -> httpx2.Response:
        """Register; keywords replace members, None leaves one out."""
        body = {"username": self.username, "password": self.password} | NAMES | changed
        return self.http.post("/register", json={name: v for name, v in body.items() if v is not None})

    def sign_in(self, password: str | None = None, *, username: str | None = None) -> httpx2.Response:
        body = {"username": username or self.username, "password": password or self.password}
        answer = self.http.post("/login", json=body)
        if answer.status_code == 200:
            self.bearer = bearer(answer.json()["access_token"])
        return answer

    def joined(self, **changed: Any) -> "Holder":
        """Register and sign in."""
        self.register(**changed).raise_for_status()
        self.sign_in().raise_for_status()
        return self

    def change(self, new: str, *, old: str | None = None, token: str | None = None) -> httpx2.Response:
        """Change the password, by session or by a `change_token`; afterwards it is known here."""
        body = {"old_password": old or self.password, "new_password": new}
        answer = self.http.post("/change-password", json=body, headers=bearer(token) if token else self.bearer)
        if answer.status_code == 200:
            self.password = new
        return answer

    def forget(self, username: str | None = None) -> httpx2.Response:
        return self.http.post("/forgot-password", json={"username": username or self.username})

    def reset(self, token: str, new: str) -> httpx2.Response:
        answer = self.http.post("/reset-password", json={"token": token, "new_password": new})
        if answer.status_code == 200:
            self.password = new
        return answer

    def me(self) -> httpx2.Response:
        return self.http.get("/v1/me", headers=self.bearer)

    def sign_out(self) -> httpx2.Response:
        return self.http.post("/logout", headers=self.bearer)

    def audit(self) -> list[str]:
        """What happened to the account, newest first."""
        rows = self.http.get("/v1/me/audit", headers=self.bearer).raise_for_status().json()["items"]
        return [row["event_type"] for row in rows]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def new_number() -> str:
    """A German mobile number that nobody has used yet."""
    return f"+49151{random.randrange(10**7, 10**8)}"


def broken_rules(answer: httpx2.Response) -> set[tuple[str, str]]:
    """What a refusal names: member and rule."""
    return {(item["pointer"], item["code"]) for item in answer.json()["errors"]}
