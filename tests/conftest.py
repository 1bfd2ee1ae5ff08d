"""The started program and a mail server, for all tests that go through HTTP and mail."""

import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support.mailbox import Mailbox
from support.program import Launcher


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
def address() -> str:
    """An e-mail address that nobody has used yet."""
    return f"{secrets.token_hex(6)}@example.com"
