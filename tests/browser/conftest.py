"""A real browser: Debian's chromium, and people who use it."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

from support.program import Launcher
from support.visitor import Visitor


@pytest.fixture(scope="session")
def chromium():
    """The browser; with TEST_STRICT it has to be there."""
    found = shutil.which("chromium")
    if not found:
        (pytest.fail if os.environ.get("TEST_STRICT") else pytest.skip)("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def launch_session(mailbox, tmp_path_factory):
    """Start programs that live until all is done."""
    launcher = Launcher(tmp_path_factory.mktemp("programs"), mailbox.url)
    yield launcher
    launcher.stop_all()


@pytest.fixture(scope="session")
def services(launch_session):
    """A development service of each profile, started when it is asked for first."""
    started = {}

    def find(profile):
        if profile not in started:
            # All of these tests together sign up more people than one network may in an hour.
            started[profile] = launch_session(profile, mode="dev", env={"DOORWARD_LIMITS__REGISTER": "off"})
        return started[profile]

    return find


@pytest.fixture
def visit(chromium, services):
    """A window on a profile's service."""
    opened = []

    def come(profile="modern", **options):
        context = chromium.new_context(**{"locale": "en", "viewport": {"width": 1100, "height": 900}} | options)
        opened.append(context)
        context.set_default_timeout(15_000)
        return Visitor(context, services(profile), profile)

    yield come
    for context in opened:
        context.close()
