"""Sign-ups under load, with locust: `locust -f bench/locust_register.py --host http://127.0.0.1:8000`.

Locust is no dependency of ours: `pip install locust` first. The service counts sign-ups per network, so start it with a
high limit: `DOORWARD_LIMITS__REGISTER=100000/minute doorward dev --profile link-activation`.
"""

import secrets

from locust import HttpUser, between, task


class Newcomer(HttpUser):
    """Somebody who registers again and again, each time with an address that nobody has."""

    wait_time = between(0.1, 0.5)

    @task
    def register(self):
        body = {"email": f"{secrets.token_hex(8)}@example.com", "password": secrets.token_urlsafe(12)}
        self.client.post("/register", json=body)
