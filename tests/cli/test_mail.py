"""`doorward mail`, and what is said of a command that there is not."""

import json

import pytest
from typer.testing import CliRunner

from doorward.cli.main import cli
from doorward.domain.messages import MessageKind
from doorward.languages import OFFERED, speech

LETTERS = [kind.value for kind in MessageKind if kind.is_letter]


@pytest.fixture
def doorward(tmp_path, monkeypatch):
    """Runs a command in an empty folder with only the given settings."""

    def run(*arguments, **settings):
        monkeypatch.chdir(tmp_path)
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(cli, ["mail", *arguments], prog_name="doorward")

    return run


@pytest.mark.parametrize("kind", LETTERS)
@pytest.mark.parametrize("language", OFFERED)
def test_each_letter_is_shown_in_each_language(doorward, kind, language, tmp_path):
    """Subject, text, HTML and text message; nothing is made in the folder."""
    done = doorward("preview", kind, "--language", language, "--json")
    shown = json.loads(done.stdout)

    assert {name for name, value in shown.items() if value} == {"kind", "language", "subject", "text", "html", "sms"}
    assert f'<html lang="{language}" dir="{speech(language).direction}">' in shown["html"]
    assert list(tmp_path.iterdir()) == []


def test_a_preview_is_for_people_unless_asked_otherwise(doorward):
    """The text with its subject; the HTML alone, for a file; or the text message."""
    text, html, sms = (doorward("preview", "verify_email", *option).stdout for option in ((), ("--html",), ("--sms",)))

    assert text.startswith("Your code for Doorward\n\n123456\n\n")
    assert html.startswith("<!doctype html>")
    assert sms == "123456 is your code for Doorward. It is good for 10 minutes. Tell it to nobody.\n"


def test_a_preview_goes_by_the_settings(doorward):
    """Name, address and how long things are good."""
    settings = {"DOORWARD_SERVICE_NAME": "Library", "DOORWARD_RESET__LINK_TTL": "24h"}
    text = doorward("preview", "reset_password", PUBLIC_URL="https://library.example.org", **settings).stdout

    assert "your account at Library" in text
    assert "https://library.example.org/reset-password?token=sample" in text
    assert "24 hours" in text


def test_a_test_letter_is_sent_for_real(doorward, mailbox):
    """And what the server made of it is said."""
    url = {"SMTP_URL": mailbox.url}
    taken = doorward("test", "cli-test@example.com", "--language", "de", **url)
    letter = mailbox.wait_for("cli-test@example.com")
    with mailbox.refusing(550):
        refused = doorward("test", "cli-test@example.com", "--json", **url)

    assert (taken.exit_code, "Taken by the server" in taken.stdout) == (0, True)
    assert letter["Content-Language"] == "de"
    assert refused.exit_code == 1
    assert json.loads(refused.stdout) == {"accepted": False, "ms": None, "reason": "letter refused (550)"}


def test_without_a_server_nothing_is_pretended(doorward):
    """The setting is named."""
    refused = doorward("test", "cli-test@example.com")

    assert "SMTP_URL is not set" in str(refused.exception)


@pytest.mark.parametrize(("typed", "hint"), [("nonsense", ""), ("user", "Did you mean users?")])
def test_who_names_no_command_is_told_which_there_are(typed, hint):
    """And which is like it."""
    done = CliRunner().invoke(cli, [typed], prog_name="doorward", env={"COLUMNS": "200"})

    assert done.exit_code == 2
    assert f"There is no command '{typed}'." in done.output
    assert hint in done.output
    assert "migrate" in done.output
