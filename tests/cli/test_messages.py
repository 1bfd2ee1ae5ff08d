"""What the command line says when a URL is wrong: what happened and what to do, no traceback and no password."""

import subprocess
import sys

import pytest

from support.program import clean_environment, free_port

HIDDEN = "hidden-in-the-url"


@pytest.fixture
def doorward(tmp_path):
    """Run the program in an empty folder; nobody sits at a terminal."""

    def run(*arguments, **settings):
        command = [sys.executable, "-m", "doorward", *arguments]
        env = clean_environment() | settings
        options = {"capture_output": True, "text": True, "timeout": 60}
        return subprocess.run(command, cwd=tmp_path, env=env, stdin=subprocess.DEVNULL, check=False, **options)

    return run


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://user:{HIDDEN}@127.0.0.1:3306/",
        f"mysql://user:{HIDDEN}@127.0.0.1:3306",
        f"postgresql://user:{HIDDEN}@127.0.0.1",
        f"postgresql://user:{HIDDEN}/name",
        f"postgresql://user:{HIDDEN}@{HIDDEN}@127.0.0.1/name",
        f"mysql://user:a@b/{HIDDEN}@127.0.0.1/name",
    ],
)
def test_a_database_url_that_makes_no_sense_is_refused(doorward, url):
    """Without a database's name, without a host, with characters that should be percent-encoded."""
    done = doorward("migrate", "--status", DATABASE_URL=url)

    assert done.returncode == 2
    assert done.stderr.startswith("doorward: DATABASE_URL: write it as postgresql://user:password@host:5432/name")
    assert "percent-encoded" in done.stderr
    assert HIDDEN not in done.stderr


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_is_not_there_is_said_with_what_to_do(doorward, scheme):
    """One sentence about what happened, one about what to look at."""
    done = doorward("migrate", "--status", DATABASE_URL=f"{scheme}://user:{HIDDEN}@127.0.0.1:{free_port()}/name")

    happened, advice = done.stderr.splitlines()
    assert happened.startswith("doorward: The database cannot be used (")
    assert advice.startswith("doorward: Check the server and DATABASE_URL")
    assert HIDDEN not in done.stderr


def test_a_copy_makes_no_file_of_a_misspelt_source(doorward, tmp_path):
    """It says that there is none."""
    done = doorward("copy", "--from", "sqlite:///misspelt.db", "--to", "sqlite:///target.db")

    assert (done.returncode, done.stderr) == (2, "doorward: --from: there is no file misspelt.db.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_copy_names_the_option_that_is_wrong(doorward, tmp_path):
    """And not a setting that nobody has given."""
    assert doorward("migrate", DATABASE_URL="sqlite:///users.db").returncode == 0

    done = doorward("copy", "--from", "sqlite:///users.db", "--to", f"oracle://user:{HIDDEN}@host/name")

    assert done.returncode == 2
    assert done.stderr.startswith("doorward: --to: it must begin with one of sqlite://")
    assert HIDDEN not in done.stderr


def test_without_a_terminal_a_password_comes_from_standard_input(doorward):
    """Nobody is asked who cannot answer."""
    assert doorward("migrate", DATABASE_URL="sqlite:///users.db").returncode == 0

    done = doorward("users", "create", "ada@example.com", DATABASE_URL="sqlite:///users.db")

    assert (done.returncode, done.stdout) == (2, "")
    assert "--password-stdin" in done.stderr
