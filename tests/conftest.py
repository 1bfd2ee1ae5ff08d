"""The started program and a mail server, for all tests that go through HTTP and mail."""

import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
os.environ["PATH"] += os.pathsep + "/usr/sbin" + os.pathsep + "/sbin"  # where Debian keeps servers and their tools

from support import servers
from support.mailbox import Mailbox
from support.program import Launcher
from support.stored import Stored, new_database


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    """A mail server on this machine; programs started by `launch` send to it."""
    box = Mailbox()
    box.start()
    yield box
    box.stop()


@pytest.fixture
def launch(mailbox: Mailbox, tmp_path: Path) -> Iterator[Launcher]:
    """Start programs that live until the test is done, or until they are stopped or killed."""
    yield from launched(mailbox, tmp_path)


@pytest.fixture(scope="module")
def launch_module(mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """Start programs that live until the module's tests are done."""
    yield from launched(mailbox, tmp_path_factory.mktemp("programs"))


def launched(mailbox: Mailbox, folder: Path) -> Iterator[Launcher]:
    launcher = Launcher(folder, mailbox.url)
    yield launcher
    launcher.stop_all()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Stored]:
    """An empty database of the kind that TEST_BACKEND names, for a test that starts the program itself."""
    stored = new_database(tmp_path / "users.db")
    yield stored
    stored.drop()


@pytest.fixture
def address() -> str:
    """An e-mail address that nobody has used yet."""
    return f"{secrets.token_hex(6)}@example.com"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly which servers were not there, after the tests that needed them were skipped."""
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    absent = {name: count for name in servers.NAMES if (count := sum(f"{name} is not set" in r for r in reasons))}
    if absent:
        terminalreporter.write_sep("!", "NOT TESTED", red=True, bold=True)
        for name, count in absent.items():
            why = os.environ.get(
                name.replace("_URL", "_MISSING"), "scripts/services up && eval $(scripts/services env)"
            )
            terminalreporter.write_line(f"{count} tests need {name}: {why}", red=True)
