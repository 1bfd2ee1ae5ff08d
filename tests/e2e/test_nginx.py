"""deploy/nginx.conf as it is shipped, with a real nginx before two services on one PostgreSQL."""

import os
import re
import shutil
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from support.program import free_port

SHIPPED = Path(__file__).parents[2] / "deploy" / "nginx.conf"
PASSWORD = "a long walk in the hills"
CALLERS = 6


@pytest.fixture(scope="module")
def program():
    """Where nginx is; with TEST_STRICT it has to be there."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if not found:
        (pytest.fail if os.environ.get("TEST_STRICT") else pytest.skip)("nginx is not installed (nginx-light)")
    return found


@pytest.fixture(scope="module")
def address():
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def services(launch_module, address):
    """Two that share database, keys and the public address; nginx is their proxy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_BACKEND", "postgresql")
        shared = {"PUBLIC_URL": address, "DOORWARD_TRUSTED_PROXIES": "127.0.0.1/32"}
        first = launch_module("modern", env=shared)
        shared |= {name: first.env[name] for name in ("DATABASE_URL", "SECRET_KEY")}
        return first, launch_module("modern", env=shared)


@pytest.fixture(scope="module")
def configured(services, address, tmp_path_factory):
    """The shipped file with this machine's ports and a folder of its own; nothing else is changed."""
    folder = tmp_path_factory.mktemp("nginx")
    first, second = (service.url.removeprefix("http://") for service in services)
    changes = {"app1:8000": first, "app2:8000": second, "listen 8080": f"listen {address.removeprefix('http://')}"}
    changes |= {"/run/nginx/": f"{folder}/", "/dev/stdout": f"{folder}/access.log"}
    text = SHIPPED.read_text()
    for shipped, here in changes.items():
        assert shipped in text
        text = text.replace(shipped, here)
    (folder / "nginx.conf").write_text(text)
    return folder


def command(program, folder, *options):
    user = "user root; " if os.geteuid() == 0 else ""
    return [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", f"{user}daemon off;", *options]


@pytest.fixture(scope="module")
def proxy(program, configured, address):
    """nginx, started."""
    with (configured / "output.txt").open("wb") as output:
        process = subprocess.Popen(command(program, configured), stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 20
        while not is_up(address):
            assert process.poll() is None, (configured / "output.txt").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def is_up(address):
    try:
        return httpx2.get(f"{address}/readyz").status_code == 200
    except httpx2.TransportError:
        return False


def account(service, name):
    """A verified account, and what signs in to it."""
    service.create_user(f"{name}@example.com", PASSWORD, "--verified")
    return {"identifier": f"{name}@example.com", "password": PASSWORD}


def test_nginx_accepts_the_file(program, configured):
    """`nginx -t`."""
    done = subprocess.run(command(program, configured, "-t"), capture_output=True, text=True, check=False, timeout=20)

    assert done.returncode == 0, done.stderr


def test_what_a_client_says_about_its_address_is_replaced(proxy, services):
    """The attempt is noted with the address that nginx saw, whatever headers came along."""
    body = account(services[0], "forger")
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        value = "for=203.0.113.9" if header == "Forwarded" else "203.0.113.9"
        httpx2.post(f"{proxy}/v1/sessions", json=body, headers={header: value}).raise_for_status()

    noted = {row["ip_address"] for row in services[0].records("login_attempts", email="forger@example.com")}

    assert noted == {"127.0.0.1"}


def test_only_the_proxy_may_name_the_client(services, launch):
    """The service believes X-Forwarded-For from the network in DOORWARD_TRUSTED_PROXIES, and from nobody else."""
    shared = {name: services[0].env[name] for name in ("DATABASE_URL", "SECRET_KEY", "PUBLIC_URL")}
    elsewhere = launch("modern", env=shared | {"DOORWARD_TRUSTED_PROXIES": "192.0.2.0/24"})
    for service, name in ((services[0], "through-proxy"), (elsewhere, "past-proxy")):
        headers = {"X-Forwarded-For": "198.51.100.7"}
        service.client().post("/v1/sessions", json=account(service, name), headers=headers).raise_for_status()

    noted = {
        name: [row["ip_address"] for row in services[0].records("login_attempts", email=f"{name}@example.com")]
        for name in ("through-proxy", "past-proxy")
    }

    assert noted == {"through-proxy": ["198.51.100.7"], "past-proxy": ["127.0.0.1"]}


def test_the_log_holds_no_query_string(proxy, services, configured):
    """A link's token stands behind the question mark, and is written nowhere, not even while no app answers."""
    httpx2.get(f"{proxy}/verify", params={"token": "planted-1"}, headers={"Referer": f"{proxy}/x?token=planted-2"})
    for service in services:
        service.stop()
    try:
        failed = httpx2.get(f"{proxy}/verify", params={"token": "planted-3"})
    finally:
        for service in services:
            service.start()

    assert failed.status_code == 502
    written = "".join(path.read_text() for path in configured.iterdir() if path.is_file())
    assert len(re.findall(r'"GET /verify" \d{3} ', written)) == 2
    assert "planted" not in written


def test_a_sign_out_on_one_is_honoured_by_the_other(proxy, services):
    """At once: both ask the same database."""
    body = account(services[0], "leaver")
    first, second = (service.client() for service in services)
    bearer = {"Authorization": f"Bearer {first.post('/v1/sessions', json=body).json()['access_token']}"}
    assert second.get("/v1/me", headers=bearer).status_code == 200

    assert first.delete("/v1/sessions/current", headers=bearer).is_success

    assert second.get("/v1/me", headers=bearer).status_code == 401


class Callers:
    """People who sign in, look and refresh, until told to stop; what they were answered is counted."""

    def __init__(self, address, bodies):
        self._address = address
        self._is_over = threading.Event()
        self.answers = Counter()
        self._threads = [threading.Thread(target=self._call, args=(body,)) for body in bodies]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        for thread in self._threads:
            thread.join(60)

    def _call(self, body):
        while not self._is_over.is_set():
            with httpx2.Client(base_url=self._address, timeout=60) as http:
                self._round(http, body)

    def _round(self, http, body):
        try:
            signed_in = self._noted(http.post("/v1/sessions", json=body))
            bearer = {"Authorization": f"Bearer {signed_in['access_token']}"}
            for _ in range(5):
                self._noted(http.get("/v1/me", headers=bearer))
            http.cookies.clear()
            self._noted(http.post("/v1/sessions/refresh", json={"refresh_token": signed_in["refresh_token"]}))
        except (httpx2.TransportError, KeyError) as error:
            self.answers[type(error).__name__] += 1

    def _noted(self, answer):
        self.answers[answer.status_code] += 1
        return answer.json() if answer.status_code == 200 else {}


def started_with(services, workers):
    """The same services, each with so many processes from now on."""
    for service in services:
        service.stop()
        service.command[service.command.index("--workers") + 1] = str(workers)
        service.start()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_rolling_restart_drops_no_request(proxy, services, workers):
    """One app after the other is stopped and started, twice, under load: every request is answered as ever."""
    started_with(services, workers)
    bodies = [account(services[0], f"stayer{number}-{workers}") for number in range(CALLERS)]
    with Callers(proxy, bodies) as callers:
        for service in services * 2:
            time.sleep(1.5)
            before = sum(callers.answers.values())
            service.stop()
            service.start()
            assert sum(callers.answers.values()) > before
        time.sleep(1.5)

    assert sum(callers.answers.values()) > 200
    assert set(callers.answers) == {200}, callers.answers
