"""A started service of the profile `modern`, and people who use it."""

import secrets

import pytest

from support.member import Member, bearer

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
