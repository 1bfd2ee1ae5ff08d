"""`doorward mail`, and what is said of a command that there is not."""

import json
import re

import pytest
from typer.testing import CliRunner

from doorward.cli.main import command_line
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
        return CliRunner().invoke(command_line(), ["mail", *arguments], prog_name="doorward")

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
    """And the conversation is shown, what the server made of it, and what to do."""
    url = {"SMTP_URL": mailbox.url}
    taken = doorward("test", "cli-test@example.com", "--language", "de", **url)
    letter = mailbox.wait_for("cli-test@example.com")
    with mailbox.refusing(550):
        refused = doorward("test", "cli-test@example.com", "--json", **url)

    assert (taken.exit_code, "Taken by the server" in taken.stdout) == (0, True)
    assert letter["Content-Language"] == "de"
    assert refused.exit_code == 1
    assert re.search(r"^ +[0-9]+ ms  > RCPT TO:<cli-test@example.com>$", taken.stdout, re.MULTILINE)
    assert re.search(r"^ +[0-9]+ ms  < 250 kept$", taken.stdout, re.MULTILINE)
    told = json.loads(refused.stdout)
    assert (told["accepted"], told["ms"], told["reason"]) == (False, None, "letter refused (550)")
    assert "SPF" in told["fix"]
    assert {"ms", "from", "text"} == set(told["transcript"][0])
    assert ("server", "550 not now") in [(line["from"], line["text"]) for line in told["transcript"]]


def test_a_test_letter_that_reaches_nobody_says_what_to_do(doorward, unused_tcp_port):
    """Neither name nor password is shown."""
    done = doorward("test", "cli-test@example.com", SMTP_URL=f"smtp://planted:secret-word@127.0.0.1:{unused_tcp_port}")

    assert done.exit_code == 1
    assert f"* connecting to 127.0.0.1 port {unused_tcp_port}" in done.output
    assert "Check the host and the port in SMTP_URL" in done.output
    assert "planted" not in done.output
    assert "secret-word" not in done.output


def test_without_a_server_nothing_is_pretended(doorward):
    """The setting is named."""
    refused = doorward("test", "cli-test@example.com")

    assert "SMTP_URL is not set" in str(refused.exception)


@pytest.mark.parametrize(("typed", "hint"), [("nonsense", ""), ("user", "Did you mean users?")])
def test_who_names_no_command_is_told_which_there_are(typed, hint):
    """And which is like it."""
    done = CliRunner().invoke(command_line(), [typed], prog_name="doorward", env={"COLUMNS": "200"})

    assert done.exit_code == 2
    assert f"There is no command '{typed}'." in done.output
    assert hint in done.output
    assert "migrate" in done.output
