"""Keys and secrets change under load and across restarts: nobody is signed out and no request fails."""

import os
import secrets
import threading
import time
from collections import Counter

import httpx2
import pytest

from support.member import bearer

SECONDS = float(os.environ.get("TEST_ROTATION_SECONDS", "12"))
EVERY = min(10.0, SECONDS / 3)
PASSWORD = "a long walk in the hills"


class Load:
    """People who look at their account with earlier tokens, refresh, and sign in anew, each in a thread of his own."""

    def __init__(self, url, addresses):
        self.answers, self.refused, self.tokens = Counter(), [], Counter()
        self._url, self._addresses, self._stop, self._lock = url, addresses, threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._live, args=(address,)) for address in addresses]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *raised):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _live(self, address):
        with httpx2.Client(base_url=self._url, timeout=60) as http:
            first = self._sign_in(http, address)
            tokens, current = [first["access_token"]], first
            while not self._stop.is_set():
                for token in (tokens[0], tokens[len(tokens) // 2], tokens[-1]):
                    self._asked("me", http.get("/v1/me", headers=bearer({"access_token": token})))
                body = {"refresh_token": current["refresh_token"]}
                answer = self._asked("refresh", http.post("/v1/sessions/refresh", json=body))
                current = answer.json() if answer.status_code == 200 else self._sign_in(http, address)
                tokens.append(current["access_token"])
                if len(tokens) % 5 == 0:
                    tokens.append(self._sign_in(http, address)["access_token"])

    def _sign_in(self, http, address):
        body = {"identifier": address, "password": PASSWORD}
        answer = self._asked("sign-in", http.post("/v1/sessions", json=body))
        while answer.status_code == 503 and not self._stop.is_set():
            answer = self._asked("sign-in", http.post("/v1/sessions", json=body))
        return answer.json()

    def _asked(self, what, answer):
        with self._lock:
            self.answers[what] += 1
            if answer.status_code != 200:
                self.refused.append((what, answer.status_code, answer.text[:200]))
        return answer


@pytest.mark.slow
def test_rotation_under_load_signs_nobody_out(launch, capsys):
    """Two workers, a new key every few seconds: requests that fail 0, sign-outs 0, and each new key is used."""
    service = launch("code-activation", workers=2)
    addresses = [f"rotating-{n}@example.com" for n in range(4)]
    for address in addresses:
        service.create_user(address, PASSWORD, "--verified")
    rotations, began = int(SECONDS / EVERY), time.monotonic()
    with Load(service.url, addresses) as load:
        for turn in range(1, rotations + 1):
            time.sleep(max(0.0, began + turn * EVERY - time.monotonic()))
            done = service.cli("keys", "rotate", "--now", "--json")
            assert done.returncode == 0, done.stderr
        time.sleep(3)  # the last key signs after two seconds; some tokens of it belong to the load
    lasted, published = time.monotonic() - began, service.client().get("/.well-known/jwks.json").json()["keys"]
    ended = service.rows("SELECT count(*) AS n FROM sessions WHERE ended_at IS NOT NULL")[0]["n"]
    with capsys.disabled():
        print(
            f"\n{lasted:.0f} s, rotations {rotations}, requests {load.answers.total()} {dict(load.answers)}, "
            f"failed {len(load.refused)}, sign-outs {ended}, keys published {len(published)}"
        )

    assert load.refused == []
    assert ended == 0
    assert len(published) == rotations + 1


def test_a_revoked_key_ends_tokens_and_no_session(launch):
    """Every worker refuses its tokens a moment later, and the refresh token goes on."""
    service = launch("code-activation", workers=2)
    service.create_user("ada@example.com", PASSWORD, "--verified")
    http = service.client()
    body = {"identifier": "ada@example.com", "password": PASSWORD}
    signed_in = http.post("/v1/sessions", json=body).json()
    assert service.cli("keys", "revoke", "1").returncode == 0
    deadline = time.monotonic() + 10
    while httpx2.get(f"{service.url}/v1/me", headers=bearer(signed_in)).status_code != 401:
        assert time.monotonic() < deadline
    time.sleep(1.1)  # what every worker has read by then is the promise
    asked = [httpx2.get(f"{service.url}/v1/me", headers=bearer(signed_in)).status_code for _ in range(20)]
    refreshed = http.post("/v1/sessions/refresh", json={"refresh_token": signed_in["refresh_token"]})

    assert set(asked) == {401}
    assert refreshed.status_code == 200
    assert http.get("/v1/me", headers=bearer(refreshed.json())).status_code == 200


def _with_new_secret(service):
    """Restart with another SECRET_KEY and the former one named."""
    service.stop()
    former = service.env["SECRET_KEY"]
    service.env |= {"SECRET_KEY": secrets.token_urlsafe(48), "DOORWARD_PREVIOUS_SECRET_KEYS": former}
    service.start()
    return service.client()


@pytest.mark.parametrize("algorithm", ["ES256", "HS256"])
def test_a_new_secret_signs_nobody_out(launch, algorithm):
    """Access and refresh tokens from before the restart go on, and a repeat within the grace is no theft."""
    service = launch("code-activation", env={"ALGORITHM": algorithm, "DOORWARD_SESSION__REFRESH_GRACE": "1h"})
    service.create_user("ada@example.com", PASSWORD, "--verified")
    http, body = service.client(), {"identifier": "ada@example.com", "password": PASSWORD}
    signed_in = http.post("/v1/sessions", json=body).json()
    first = {"refresh_token": signed_in["refresh_token"]}
    successor = http.post("/v1/sessions/refresh", json=first).json()
    http = _with_new_secret(service)

    me = http.get("/v1/me", headers=bearer(signed_in))
    repeated = http.post("/v1/sessions/refresh", json=first)
    again = http.post("/v1/sessions/refresh", json={"refresh_token": successor["refresh_token"]})
    last = http.post("/v1/sessions/refresh", json={"refresh_token": repeated.json()["refresh_token"]})

    assert [answer.status_code for answer in (me, repeated, again, last)] == [200, 200, 200, 200]
    assert again.json()["refresh_token"] == last.json()["refresh_token"]
    assert service.rows("SELECT count(*) AS n FROM sessions WHERE ended_at IS NOT NULL") == [{"n": 0}]


def test_mailed_links_and_codes_outlive_a_new_secret(launch, mailbox, address):
    """A sign-up begun before the restart is proven after it, and a mailed link resets the password."""
    service = launch("modern")
    newcomer = f"new-{address}"  # nobody else in this run gets letters there
    http, started = service.client(), {"email": newcomer, "password": PASSWORD}
    handle = http.post("/v1/users", json=started).json()["verification"]
    code = mailbox.code(newcomer)
    service.create_user(address, PASSWORD, "--verified")
    http.post("/v1/password/forgot", json={"identifier": address}).raise_for_status()
    token = mailbox.link(address).partition("?token=")[2]
    http = _with_new_secret(service)

    verified = http.post("/v1/verify", json={"verification": handle, "code": code})
    reset = http.post("/v1/password/reset", json={"token": token, "new_password": "a swim in the cold lake"})

    assert (verified.status_code, reset.status_code) == (200, 200)


def test_without_the_former_secret_everything_under_it_ends(launch):
    """Taking it out is the way to end what was made under a secret that became known."""
    service = launch("code-activation")
    service.create_user("ada@example.com", PASSWORD, "--verified")
    http, body = service.client(), {"identifier": "ada@example.com", "password": PASSWORD}
    signed_in = http.post("/v1/sessions", json=body).json()
    service.stop()
    service.env["SECRET_KEY"] = secrets.token_urlsafe(48)
    service.start()
    http = service.client()

    me = http.get("/v1/me", headers=bearer(signed_in))
    refreshed = http.post("/v1/sessions/refresh", json={"refresh_token": signed_in["refresh_token"]})

    assert (me.status_code, refreshed.status_code) == (401, 401)
