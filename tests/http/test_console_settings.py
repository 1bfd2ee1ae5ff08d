"""The console's page of settings: what is in force, where it was said, and no secret."""

import re

import pytest

from support.operator import Operator, administrator, weight
from support.webhook import Webhook

PATH = "/admin/settings"
PLANTED = "pl4nted-Qz3k9f0aJ2mVx7Lr5TbW1cXy"
FIREBASE = "cGw0bnRlZC1mMXJlYmFzZQ=="


@pytest.fixture(scope="module")
def webhook():
    server = Webhook()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def service(launch_module, webhook):
    """With a secret in every setting that takes one and that can be used without the server behind it."""
    env = {
        "SECRET_KEY": f"{PLANTED}-8s",
        "DOORWARD_PREVIOUS_SECRET_KEYS": f"{PLANTED}-7s,{PLANTED}-6s",
        "DOORWARD_FIREBASE_SIGNER_KEY": FIREBASE,
        "SMTP_URL": f"smtp://user:{PLANTED}@127.0.0.1:9",
        "SMS_URL": webhook.url(f"user:{PLANTED}@"),
        "DOORWARD_MAIL": "off",
        "DOORWARD_SERVICE_NAME": "<script>alert(1)</script>",
    }
    files = {"doorward.toml": "[password]\nhistory = 7\n", ".env": "DOORWARD_RESET__WINDOW=2h\n"}
    return launch_module("signup-signin", env=env, files=files, arguments=("--log-json",))


@pytest.fixture(scope="module")
def root(service):
    return administrator(service)


def row(page, name):
    """What stands about one setting."""
    found = re.search(rf'<code class="name">{name}</code>.*?</li>', page, re.DOTALL)
    return " ".join(re.sub("<[^>]+>", " ", found[0]).split())


@pytest.mark.parametrize(
    ("name", "value", "source"),
    [
        ("DOORWARD_LOCKOUT__MODE", "lock", "the profile signup-signin"),
        ("DOORWARD_PASSWORD__HISTORY", "7", "doorward.toml"),
        ("DOORWARD_RESET__WINDOW", "2h", ".env"),
        ("DOORWARD_MAIL", "off", "the environment"),
        ("DOORWARD_LOG_JSON", "on", "the command line"),
        ("DOORWARD_HASHING__TIME_COST", "2", "the default"),
        ("DOORWARD_ISSUER", "not set", "the default"),
    ],
)
def test_value_and_source_are_shown(root, name, value, source):
    """Of every place where a setting can be said; in worker processes too."""
    assert row(root.open(PATH).answer.text, name).startswith(f"{name} {value} {source}")


def test_what_it_means_and_the_default_are_shown(root):
    """As the reference has them."""
    page = root.open(PATH).answer.text

    assert "whether strangers may sign up" in row(page, "DOORWARD_REGISTRATION__OPEN")
    assert "The default is on." in row(page, "DOORWARD_MAIL")


def test_no_secret_is_shown(root):
    """Only that there is one: neither here nor in a part of it."""
    page = root.open(PATH).answer.text

    for name in ("SECRET_KEY", "DOORWARD_PREVIOUS_SECRET_KEYS", "SMTP_URL", "SMS_URL", "DOORWARD_FIREBASE_SIGNER_KEY"):
        assert "set, and never shown" in row(page, name)
    assert "pl4nted" not in page
    assert FIREBASE[:10] not in page


def test_what_was_typed_is_shown_as_text(root):
    """A name that would be a script, and a search that would be one."""
    page = root.open(f"{PATH}?q=%22%3E%3Cscript%3Ealert(2)").answer.text

    assert "<script>alert" not in page + root.open(PATH).answer.text
    assert "No setting fits." in page


def test_settings_can_be_searched(root):
    """By name or meaning; or only those that somebody has said."""
    found = root.open(f"{PATH}?q=max+failures").answer.text
    changed = root.open(f"{PATH}?changed=1").answer.text

    assert re.findall('class="name">([A-Z_]+)', found) == ["DOORWARD_LOCKOUT__MODE", "DOORWARD_LOCKOUT__MAX_FAILURES"]
    assert "DOORWARD_MAIL<" in changed
    assert "DOORWARD_HASHING__TIME_COST" not in changed


def test_the_page_is_small(root):
    """With all that belongs to it."""
    assert weight(root, PATH) <= 60_000


def test_the_command_line_shows_the_same(service):
    """Without the secrets too."""
    table = service.cli("config", "show").stdout
    full = service.cli("config", "show", "--json").stdout

    assert re.search(r"DOORWARD_PASSWORD__HISTORY +7 +doorward\.toml", table)
    assert '"name": "DOORWARD_PASSWORD__HISTORY"' in full
    assert "pl4nted" not in table + full


def test_only_administrators_see_it(service):
    """A user is refused, a stranger is led to the sign-in and back."""
    led = service.client().get(PATH, headers={"Accept": "text/html"}, follow_redirects=True)

    assert Operator(service).status(PATH) == 403
    assert (led.url.path, 'value="/admin/settings"' in led.text) == ("/sign-in", True)
