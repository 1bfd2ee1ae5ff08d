"""A started service of the profile `modern`, and people who use it."""

import secrets

import pytest

from support.forgery import Forger
from support.member import MEMBER_PASSWORD, Member, bearer

ADMIN_PASSWORD = "somebody has to do it"


@pytest.fixture(scope="module")
def service(launch_module):
    """With its API pages, and hardly a pause between two mails."""
    env = {"DOORWARD_VERIFICATION__RESEND_COOLDOWN": "1s", "DOORWARD_DOCS": "on"}
    return launch_module("modern", env=env)


@pytest.fixture(scope="module")
def http(service):
    """A client without cookies of anybody."""
    return service.client()


@pytest.fixture
def stranger(http, address):
    """Somebody who has not signed up yet."""
    return Member(http, address)


@pytest.fixture
def join(http, mailbox):
    """Make one more member."""
    return lambda **profile: Member(http, f"{secrets.token_hex(6)}@example.com").join(mailbox, **profile)


@pytest.fixture
def member(join):
    """Somebody who is verified and signed in."""
    return join(first_name="Ada", last_name="Lovelace")


@pytest.fixture(scope="module")
def admin(service, http):
    """The header of an administrator."""
    service.create_user("root@example.com", ADMIN_PASSWORD, "--role", "admin", "--verified", "--first-name", "Grace")
    answer = http.post("/v1/sessions", json={"identifier": "root@example.com", "password": ADMIN_PASSWORD})
    return bearer(answer.json())


@pytest.fixture(scope="module")
def me(http):
    """Ask who the bearer of a token is."""

    def ask(token, scheme="Bearer"):
        return http.get("/v1/me", headers={"Authorization": f"{scheme} {token}".encode("latin-1", "replace")})

    return ask


@pytest.fixture(scope="module")
def victim(service, http):
    """Somebody who is signed in; her tokens are copied and changed."""
    service.create_user("victim@example.com", MEMBER_PASSWORD, "--verified")
    body = {"identifier": "victim@example.com", "password": MEMBER_PASSWORD}
    return http.post("/v1/sessions", json=body).json()


@pytest.fixture(scope="module")
def good(victim):
    return victim["access_token"]


@pytest.fixture(scope="module")
def forge(service, good):
    return Forger(good, service.env["SECRET_KEY"])


@pytest.fixture(scope="module")
def refuses(me):
    """Whether a token is refused as it should be."""

    def judge(token):
        answer = me(token)
        challenge = answer.headers.get("www-authenticate", "")
        return (answer.status_code, answer.json().get("code"), challenge.partition(" ")[0]) == (
            401,
            "token_invalid",
            "Bearer",
        )

    return judge
