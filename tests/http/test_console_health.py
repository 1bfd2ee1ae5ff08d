"""The console's page of health: what is down is named with its cure, and the request is looked at."""

import time

import pytest

from support.operator import Operator, administrator, weight
from support.own_redis import own_redis

PATH = "/admin/health"


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    with own_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def service(launch_module, redis):
    return launch_module("modern", env={"REDIS_URL": redis.url})


@pytest.fixture(scope="module")
def root(service):
    return administrator(service)


def test_all_is_well(root):
    """Each part is named with its time, then the service itself."""
    text = root.open(PATH).text

    assert "All is well." in text
    for name in ("Database", "Redis", "Mail server", "Schema", "Clock", "Outbox"):
        assert f"{name} well" in text
    assert "It answers in" in text
    assert "Profile modern" in text
    assert weight(root, PATH) <= 60_000


def test_what_is_down_is_named_with_its_cure(root, redis):
    """Redis is really killed: the page says so, what it means and what to do; when it is back, all is well again."""
    redis.kill()
    time.sleep(2.1)  # outcomes count for two seconds
    down = root.open(PATH).text
    redis.start()
    deadline = time.monotonic() + 15
    while "Redis well" not in (up := root.open(PATH).text) and time.monotonic() < deadline:
        time.sleep(0.5)

    assert "Redis not well It does not answer." in down
    assert "the database takes its place" in down
    assert "Check REDIS_URL and the server." in down
    assert "is not well. What to do stands below." in down
    assert "Redis well" in up


def test_mail_that_waits_is_said(root, mailbox, service):
    """A mail server that is away: the check fails, and the outbox says how many wait."""
    mailbox.stop()
    try:
        body = {"email": f"late-{root.id[:8]}@example.com", "password": "trains and tea"}
        assert service.client().post("/v1/users", json=body).status_code == 202
        time.sleep(2.1)
        text = root.open(PATH).text
    finally:
        mailbox.start()

    assert "Mail server not well" in text
    assert "Check SMTP_URL." in text
    assert "1 letter or text message waits." in text
    assert "The oldest waits since" in text


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"X-Forwarded-For": "203.0.113.9"}, "name it: DOORWARD_TRUSTED_PROXIES=127.0.0.1/32"),
        ({"Host": "other.example"}, "You came as other.example"),
        ({"X-Forwarded-For": "<script>alert(1)</script>"}, "X-Forwarded-For comes and is not believed"),
    ],
)
def test_what_a_proxy_gets_wrong_is_said(root, headers, said):
    """With what to set; what it sent is shown as text."""
    page = root.http.get(PATH, headers={"Accept": "text/html"} | headers)

    assert page.status_code == 200
    assert said in page.text
    assert "<script>alert" not in page.text


def test_behind_a_proxy_that_is_trusted(launch):
    """Whoever it speaks for is shown; one that says nothing is told to."""
    service = launch("modern", env={"DOORWARD_TRUSTED_PROXIES": "127.0.0.0/8"})
    root = administrator(service)

    good = root.http.get(PATH, headers={"X-Forwarded-For": "203.0.113.9"}).text
    silent = root.http.get(PATH).text

    assert "trusted proxy" in good
    assert "<code>203.0.113.9</code>" in good
    assert "All is well." in good
    assert "Let it set X-Forwarded-For." in silent


def test_only_administrators_see_it(service):
    """A user is refused, a stranger is led to the sign-in and back."""
    user = Operator(service)
    stranger = service.client()
    led = stranger.get(PATH, headers={"Accept": "text/html"}, follow_redirects=True)

    assert user.status(PATH) == 403
    assert led.url.path == "/sign-in"
    assert 'value="/admin/health"' in led.text
