"""Bounds on what a caller can make the service hold, and other attacks that once succeeded."""

import socket
import stat
import time

import pytest


@pytest.fixture(scope="module")
def service(launch_module, tmp_path_factory):
    """A production service with a log file."""
    folder = tmp_path_factory.mktemp("log")
    started = launch_module("modern", env={"LOG_FILE": str(folder / "service.log")})
    started.log_file = folder / "service.log"
    return started


def connect(service):
    host, port = service.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_a_head_without_end_is_refused(service):
    """Megabytes of headers are not collected: the connection is closed."""
    with connect(service) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n")
        sent = 0
        try:
            for n in range(2000):
                connection.sendall(b"X-Filler-%d: " % n + b"a" * 1000 + b"\r\n")
                sent += 1000
            answer = connection.recv(1000)
        except OSError:
            answer = b""

    assert answer[:12] in (b"", b"HTTP/1.1 400")
    assert sent < 2_000_000 or answer.startswith(b"HTTP/1.1 400")


@pytest.mark.slow
def test_half_a_request_is_not_waited_for(service):
    """Who does not finish the head or the body within fifteen seconds is let go."""
    with connect(service) as head, connect(service) as body:
        head.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n")
        body.sendall(
            b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        started = time.monotonic()
        half_head, half_body = head.recv(1000), body.recv(1000)
        waited = time.monotonic() - started

    assert half_head == b""
    assert half_body.startswith(b"HTTP/1.1 408")
    assert waited < 25


@pytest.mark.parametrize("origin", ["http://[", "null", "http://evil.example", ""])
def test_a_strange_origin_is_a_foreign_one(service, origin):
    """With a cookie, what is no address at all is refused like another site."""
    http = service.client(cookies={"doorward_session": "x"})

    answer = http.patch("/v1/me", json={}, headers={"Origin": origin})

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")


def test_a_broken_basic_header_is_no_failure_of_ours(launch):
    """Bytes that are no Base64 get 401 with a challenge."""
    service = launch("code-activation")
    with connect(service) as connection:
        connection.sendall(
            b"POST /v1/users/resend-code HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \xff\r\n"
            b"Content-Length: 0\r\nConnection: close\r\n\r\n"
        )
        answer = connection.recv(1000)

    assert answer.startswith(b"HTTP/1.1 401")
    assert b'Basic realm="doorward", charset="UTF-8"' in answer


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_beyond_the_calendar_is_bad_input(service, moment):
    """422, not a failure."""
    service_user = f"calendar-{moment[:4]}@example.com"
    service.create_user(service_user, "a long walk in the hills", "--verified")
    credentials = {"identifier": service_user, "password": "a long walk in the hills"}
    token = service.client().post("/v1/sessions", json=credentials).json()["access_token"]

    answer = service.client().get(
        "/v1/me/audit", params={"since": moment}, headers={"Authorization": f"Bearer {token}"}
    )

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/since")


def test_database_and_log_are_for_their_owner(service):
    """Hashes and addresses are not open to other accounts of the machine."""
    files = [*service.database.parent.glob(f"{service.database.name}*"), service.log_file]

    assert len(files) >= 2
    assert [file.name for file in files if stat.S_IMODE(file.stat().st_mode) & 0o077] == []


def test_serve_has_no_inbox_whatever_the_environment_says(launch):
    """The switch of development does not reach production."""
    service = launch("modern", env={"_DOORWARD_MODE": "dev"})

    assert service.client().get("/dev/inbox").status_code == 404


def test_in_development_only_this_machines_names_are_answered(launch):
    """A page that points its own name at this machine reads nothing."""
    service = launch("modern", mode="dev")
    http = service.client()

    assert http.get("/dev/inbox/messages").status_code == 200
    assert http.get("/dev/inbox/messages", headers={"Host": "evil.example"}).status_code == 400


def test_health_does_not_call_on_the_mail_server_each_time(service):
    """Many questions are one session with the mail server."""
    http = service.client()
    started = time.monotonic()
    states = [http.get("/health").status_code for _ in range(30)]

    assert set(states) == {200}
    assert time.monotonic() - started < 20


def test_asking_for_a_reset_does_the_same_for_everybody(service):
    """Known or not, one row waits; who it is is looked up afterwards."""
    service.create_user("known@example.com", "a long walk in the hills", "--verified")
    http = service.client()

    answers = [http.post("/v1/password/forgot", json={"identifier": f"{n}@example.com"}) for n in ("known", "unknown")]

    assert answers[0].json() == answers[1].json()
    assert [answer.status_code for answer in answers] == [202, 202]


def test_a_wrong_password_by_basic_is_challenged_in_basic(launch):
    """A client that speaks Basic is told how to ask again (RFC 7617)."""
    service = launch("code-activation")
    service.create_user("basic@example.com", "a long walk in the hills")

    answer = service.client().post("/v1/users/resend-code", auth=("basic@example.com", "wrong"))

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="doorward", charset="UTF-8"')
