"""Newcomers under load: `locust -f docs/locust/locustfile.py --host http://127.0.0.1:8000`, then http://localhost:8089.

The service counts sign-ups and sign-ins per network, and all of these come from one: start it with high limits, such as
`DOORWARD_LIMITS__REGISTER=100000/minute DOORWARD_LIMITS__SIGN_IN=100000/minute doorward dev --profile link-activation`.
"""

import secrets

from locust import HttpUser, between, task


class Newcomer(HttpUser):
    """Somebody who registers again and again, each time with an address that nobody has, and looks at his account."""

    wait_time = between(0.1, 0.5)

    @task(3)
    def register(self) -> None:
        self._register()

    @task
    def register_and_sign_in(self) -> None:
        form = self._register()
        answer = self.client.post("/access-token", data={"username": form["email"], "password": form["password"]})
        token = answer.json()["access_token"]
        self.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})

    def _register(self) -> dict[str, str]:
        form = {"email": f"{secrets.token_hex(8)}@example.com", "password": secrets.token_urlsafe(12)}
        self.client.post("/register", json=form)
        return form
