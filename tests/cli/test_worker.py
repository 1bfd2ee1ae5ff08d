"""`doorward worker`, and what a broker's URL may be."""

import os
import subprocess
import sys

import pytest

SETTINGS = {
    "DATABASE_URL": "sqlite:///users.db",
    "SECRET_KEY": "k3Qz-not-a-sample-9f0aJ2mVx7Lr5TbW1c",
    "PUBLIC_URL": "https://accounts.example.com",
    "SMTP_URL": "smtp://127.0.0.1:2525",
}


@pytest.fixture
def doorward(tmp_path):
    """Runs a command in an empty folder with only the given settings."""

    def run(*arguments, without=(), **settings):
        begin = f"import sys; sys.modules.update(dict.fromkeys({without!r})); sys.argv = {['doorward', *arguments]!r}"
        code = f"{begin}; from doorward.cli.main import main; main()"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
        return subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=kept | settings, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip

    return run


def test_a_worker_without_settings_names_all_four(doorward):
    """It needs what `serve` needs: it makes the same codes and links."""
    done = doorward("worker")

    assert done.returncode == 2
    for name in ("DATABASE_URL", "SECRET_KEY", "PUBLIC_URL", "SMTP_URL"):
        assert f"{name} is not set" in done.stderr


def test_a_worker_needs_a_migrated_database(doorward):
    """It says which command makes the tables, whether there is a broker or not."""
    done = doorward("worker", RABBITMQ_URL="amqp://127.0.0.1:1/", **SETTINGS)

    assert done.returncode == 2
    assert "doorward migrate" in done.stderr


@pytest.mark.parametrize("command", ["serve", "worker"])
@pytest.mark.parametrize("user", ["", "guest:guest@"])
def test_the_brokers_well_known_user_is_refused_on_another_host(doorward, command, user):
    """Everybody knows its password."""
    done = doorward(command, RABBITMQ_URL=f"amqps://{user}broker.example.com/", **SETTINGS)

    assert done.returncode == 2
    assert "well-known user guest" in done.stderr


@pytest.mark.parametrize(
    ("url", "is_said"),
    [
        ("amqp://door:hidden-word@broker.example.com/", True),
        ("amqps://door:hidden-word@broker.example.com/", False),
        ("amqp://guest:guest@127.0.0.1:5672/", False),
    ],
)
def test_a_plain_connection_to_another_host_is_said_aloud(doorward, url, is_said):
    """It is allowed, for brokers stand in private networks; the operator should know."""
    done = doorward("worker", RABBITMQ_URL=url, **SETTINGS)

    assert ("RABBITMQ_URL is not encrypted" in done.stderr) is is_said
    assert "hidden-word" not in done.stderr


@pytest.mark.parametrize("url", ["http://door:hidden-word@broker/", "amqp://door:hidden/word@broker:port", "rabbit"])
def test_a_url_that_makes_no_sense_is_refused_without_its_password(doorward, url):
    """One sentence shows what it should look like."""
    doorward("migrate", **SETTINGS)
    done = doorward("worker", RABBITMQ_URL=url, **SETTINGS)

    assert done.returncode == 2
    assert "RABBITMQ_URL" in done.stderr
    assert "hidden" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_package_is_named(doorward):
    """A URL whose extra is not installed names the extra."""
    done = doorward("worker", without=("aio_pika",), RABBITMQ_URL="amqp://127.0.0.1/", **SETTINGS)

    assert done.returncode == 2
    assert "pip install 'doorward[rabbitmq]'" in done.stderr
