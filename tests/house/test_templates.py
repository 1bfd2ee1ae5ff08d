"""Letters: each message has its files, they need nothing that nobody gives, and what matters is easy to copy."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from jinja2 import UndefinedError

from doorward.adapters.letters import TEMPLATES, JinjaLetterWriter, in_words
from doorward.domain.messages import MessageKind

FILES = {"subject.txt", "body.txt", "body.html", "sms.txt"}
CODE, LINK = "012345", "https://accounts.example/verify?token=abc&x=1"
SERVICE = "https://accounts.example"


@pytest.fixture(params=[kind for kind in MessageKind if kind.is_letter])
def kind(request):
    return request.param


@pytest.fixture
def params():
    """Every variable that a letter is given."""
    return {
        "first_name": "Ada",
        "code": CODE,
        "link": LINK,
        "valid": timedelta(minutes=10),
        "service_url": SERVICE,
    }


@pytest.fixture
def writer():
    return JinjaLetterWriter("Accounts")


def test_every_message_has_its_files_and_every_folder_its_message():
    """A message is a folder of four files; no folder belongs to nothing."""
    folders = {folder.name: {file.name for file in folder.iterdir()} for folder in TEMPLATES.iterdir()}

    assert folders == {kind.value: FILES for kind in MessageKind if kind.is_letter}


def test_a_letter_is_rendered_completely(writer, kind, params):
    """With all variables given, nothing of the template language is left, and the service is named."""
    for part in writer.write(kind, params):
        assert "{" not in part
        assert "None" not in part
        assert "Accounts" in part


@pytest.mark.parametrize("name", ["", "Ada"])
def test_a_letter_greets_with_or_without_a_name(writer, kind, params, name):
    """Who told no name is greeted without one."""
    _, text, html = writer.write(kind, params | {"first_name": name})
    greeting = f"Hello {name}," if name else "Hello,"

    assert text.splitlines()[0] == greeting
    assert f"<p>{greeting}</p>" in html


def test_a_variable_that_nobody_gives_is_an_error(writer, kind):
    """A misspelt variable fails loudly instead of leaving a hole in a letter."""
    with pytest.raises(UndefinedError):
        writer.write(kind, {})


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x>', "Tom & Jerry", "{{ code }}"])
def test_html_escapes_names_and_text_does_not(writer, kind, params, name):
    """A name is shown as it is in text, harmless in HTML, and never read as a template."""
    subject, text, html = writer.write(kind, params | {"first_name": name})

    assert f"Hello {name}," in text
    assert name not in html or name == "{{ code }}"
    assert "<script" not in html
    assert "<img" not in html
    assert "\n" not in subject


def test_html_escapes_links(writer, params):
    """An ampersand in a link does not end its attribute."""
    for kind in (MessageKind.VERIFY_EMAIL, MessageKind.RESET_PASSWORD):
        html = writer.write(kind, params)[2]

        assert f'href="{LINK.replace("&", "&amp;")}"' in html


def test_the_code_stands_alone_on_its_line(writer, params):
    """The code can be selected with a double click: its line has nothing else."""
    _, text, html = writer.write(MessageKind.VERIFY_EMAIL, params)

    assert [line for line in text.splitlines() if CODE in line] == [CODE]
    assert f"<strong>{CODE}</strong>" in html


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        (MessageKind.VERIFY_EMAIL, LINK),
        (MessageKind.RESET_PASSWORD, LINK),
        (MessageKind.ACCOUNT_EXISTS, f"{SERVICE}/forgot-password"),
    ],
)
def test_the_link_stands_alone_on_its_line(writer, params, kind, address):
    """No full stop or bracket sticks to a link, and it stands between empty lines."""
    lines = writer.write(kind, params)[1].splitlines()
    place = lines.index(address)

    assert [line for line in lines if "https://" in line] == [address]
    assert (lines[place - 1], lines[place + 1]) == ("", "")


def test_a_text_message_is_short_and_plain(writer, kind, params):
    """It names the service, holds its secret, and fits into two parts at most."""
    text = writer.write_text(kind, params)

    assert "Accounts" in text
    assert "\n" not in text
    assert text.isascii()
    assert len(text) <= 306
    has_code = kind in (MessageKind.VERIFY_EMAIL, MessageKind.CHANGE_IDENTIFIER)
    assert (CODE in text, LINK in text) == (has_code, kind is MessageKind.RESET_PASSWORD)


def test_a_letter_without_a_link_speaks_of_none(writer, params):
    """Where links are off, the letter has a code only."""
    _, text, html = writer.write(MessageKind.VERIFY_EMAIL, params | {"link": None})

    assert "page" not in text
    assert "href" not in html
    assert CODE in text


def test_the_letter_to_an_account_holder_has_no_secret(writer, params):
    """A letter about somebody else's sign-up holds neither code nor link with a token."""
    parts = writer.write(MessageKind.ACCOUNT_EXISTS, params | {"code": None, "link": None, "valid": None})

    assert not any(CODE in part or "token" in part for part in parts)


def test_letters_load_nothing_from_elsewhere(kind):
    """No picture, style or script is fetched when a letter is opened: nobody learns that it was."""
    html = (TEMPLATES / kind / "body.html").read_text()

    assert not any(word in html for word in ("src=", "<link", "@import", "url(", "<script"))
    assert html.startswith("<!doctype html>")


def test_a_subject_is_one_short_line(writer, kind, params):
    """A subject fits into a list of letters and is a valid header."""
    subject = writer.write(kind, params)[0]
    letter = EmailMessage()
    letter["Subject"] = subject

    assert subject == subject.strip()
    assert 0 < len(subject) <= 78


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=60), "1 minute"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(minutes=10), "10 minutes"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=24), "24 hours"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_durations_are_said_as_people_say_them(duration, words):
    """The largest unit that divides a duration is used, a day as 24 hours."""
    assert in_words(duration) == words
