"""deploy/nginx-forward-auth.conf as it is shipped: a real nginx that asks before it hands a request on."""

import json
import os
import shutil
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from support.member import bearer
from support.program import free_port

SHIPPED = Path(__file__).parents[2] / "deploy" / "nginx-forward-auth.conf"
PASSWORD = "a long walk in the hills"


class Application(BaseHTTPRequestHandler):
    """Somebody's application: it says what it was told, and asks nobody."""

    def do_GET(self):
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the server asks for this name

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def application():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def front():
    """Where nginx is asked."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def service(launch_module, front):
    return launch_module("modern", env={"PUBLIC_URL": front, "DOORWARD_TRUSTED_PROXIES": "127.0.0.1/32"})


@pytest.fixture(scope="module")
def proxy(service, application, front, tmp_path_factory):
    """Nginx with the shipped file; only names of hosts and folders are changed."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if not program:
        (pytest.fail if os.environ.get("TEST_STRICT") else pytest.skip)("nginx is not installed (nginx-light)")
    folder = tmp_path_factory.mktemp("nginx")
    text = SHIPPED.read_text(encoding="utf-8")
    changes = {"app1:8000": service.url.removeprefix("http://"), "application:9000": application}
    changes |= {"listen 8080": f"listen {front.removeprefix('http://')}", "/run/nginx/": f"{folder}/"}
    for shipped, here in changes.items():
        assert shipped in text
        text = text.replace(shipped, here)
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    user = "user root; " if os.geteuid() == 0 else ""
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", f"{user}daemon off;"]
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    deadline = time.monotonic() + 20
    while not is_up(front):
        assert process.poll() is None, (folder / "output.txt").read_text(encoding="utf-8")
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield front
    process.terminate()
    process.wait(20)


def is_up(address):
    try:
        return httpx2.get(f"{address}/v1/policy").status_code == 200
    except httpx2.TransportError:
        return False


@pytest.fixture
def ada(service, proxy, address):
    """Signed in through the proxy: her id, her address, her tokens."""
    made = service.create_user(address, PASSWORD, "--verified")
    body = {"identifier": address, "password": PASSWORD}
    return made["id"], address, httpx2.post(f"{proxy}/v1/sessions", json=body).raise_for_status().json()


def test_whoever_is_signed_in_gets_through_by_name(proxy, ada):
    """The application is told who it is, whatever the client says about itself, and whatever is asked for."""
    user_id, address, signed_in = ada
    forged = {"Remote-User": "root", "Remote-Groups": "admin"}

    for method in ("GET", "POST"):
        answer = httpx2.request(method, f"{proxy}/some/page?x=1", headers=bearer(signed_in) | forged)
        told = answer.raise_for_status().json()
        assert (told["remote-user"], told["remote-email"], told["remote-groups"]) == (user_id, address, "user")


def test_whoever_is_not_is_sent_to_sign_in(proxy):
    """Nothing reaches the application."""
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Remote-User": "root"}):
        answer = httpx2.get(f"{proxy}/some/page", headers=headers)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{proxy}/sign-in")


def test_a_cookie_of_the_same_host_will_do(proxy, ada):
    """As the sign-in page sets it."""
    _, address, _ = ada
    with httpx2.Client(base_url=proxy) as browser:
        body = {"identifier": address, "password": PASSWORD, "delivery": "cookie"}
        browser.post("/v1/sessions", json=body).raise_for_status()
        assert browser.get("/").json()["remote-email"] == address


def test_a_sign_out_counts_at_once(proxy, ada):
    """The next request is sent to sign in."""
    headers = bearer(ada[2])
    assert httpx2.get(proxy, headers=headers).status_code == 200
    httpx2.delete(f"{proxy}/v1/sessions/current", headers=headers).raise_for_status()

    assert httpx2.get(proxy, headers=headers).status_code == 303
