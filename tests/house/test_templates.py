"""Letters: each message has its files, they need nothing that nobody gives, and what matters is easy to copy."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from jinja2 import UndefinedError

from doorward.adapters.letters import TEMPLATES, JinjaLetterWriter
from doorward.domain.brand import Brand, Logo
from doorward.domain.messages import MessageKind
from doorward.languages import OFFERED, speech
from doorward.methods.letter_mint import LINKS

FILES = {"subject.txt", "letter.txt", "sms.txt"}
SHARED = {"layout.html", "layout.txt", "parts.html", "parts.txt"}
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
GREETED = [kind for kind in MessageKind if kind.is_letter and not kind.has_code and kind is not MessageKind.TEST]
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


class In:
    """A writer that writes English unless told otherwise."""

    def __init__(self, writer):
        self._writer = writer

    def write(self, kind, params, language="en"):
        return self._writer.write(kind, params, language)

    def write_text(self, kind, params, language="en"):
        return self._writer.write_text(kind, params, language)


@pytest.fixture(params=OFFERED)
def language(request):
    return request.param


@pytest.fixture
def writer():
    return In(JinjaLetterWriter(Brand("Accounts")))


def test_every_message_has_its_files_and_every_folder_its_message():
    """A message is a folder of three files; no folder belongs to nothing."""
    folders = {one.name: {file.name for file in one.iterdir()} for one in TEMPLATES.iterdir() if one.is_dir()}

    assert folders == {kind.value: FILES for kind in MessageKind if kind.is_letter}
    assert {one.name for one in TEMPLATES.iterdir() if one.is_file()} == SHARED


def test_a_letter_is_rendered_completely(writer, kind, params):
    """With all variables given, nothing of the template language is left, and the service is named."""
    for part in writer.write(kind, params):
        assert "{" not in part
        assert "None" not in part
        assert "Accounts" in part


@pytest.mark.parametrize("kind", GREETED)
@pytest.mark.parametrize("name", ["", "Ada"])
def test_a_letter_greets_with_or_without_a_name(writer, kind, params, name):
    """Who told no name is greeted without one."""
    _, text, html = writer.write(kind, params | {"first_name": name})
    greeting = f"Hello {name}," if name else "Hello,"

    assert text.splitlines()[0] == greeting
    assert f">{greeting}</p>" in html


def test_a_variable_that_nobody_gives_is_an_error(writer, kind):
    """A misspelt variable fails loudly instead of leaving a hole in a letter."""
    if kind is MessageKind.TEST:
        pytest.skip("the test letter takes no variable that could be missing")
    with pytest.raises(UndefinedError):
        writer.write(kind, {})


def test_the_code_is_the_first_thing_in_a_letter(writer, params, language):
    """And never in the subject, which is shown on locked screens."""
    for kind in (MessageKind.VERIFY_EMAIL, MessageKind.CHANGE_IDENTIFIER):
        subject, text, html = writer.write(kind, params, language)

        assert CODE not in subject
        assert text.splitlines()[0] == CODE
        assert html.index(CODE) < html.index("<p style", html.index("<strong>"))


def test_a_letter_says_its_language_and_direction(writer, kind, params, language):
    """Screen readers and mail programs go by it."""
    subject, text, html = writer.write(kind, params, language)

    assert f'<html lang="{language}" dir="{speech(language).direction}">' in html
    assert "\n\n\n" not in text
    assert text.endswith("\n")
    assert subject


def test_a_language_that_is_not_offered_is_english(writer, kind, params):
    """A letter of another release still goes out."""
    assert writer.write(kind, params, "xx") == writer.write(kind, params, "en")


def test_letters_are_in_the_colour_of_the_service_and_bear_to_be_inverted(kind, params):
    """The button is readable on it; ground and text are the mail program's own."""
    html = JinjaLetterWriter(Brand("Accounts", "#ffe600")).write(kind, params, "en")[2]

    assert "#ffe600" in html
    assert 'name="color-scheme" content="light dark"' in html
    assert "background: #ffe600; border-radius: 8px; color: #000000" in html or "<a " not in html


def test_a_logo_is_a_part_of_the_letter(kind, params):
    """A picture from elsewhere would tell that the letter was opened; most programs would not load it either."""
    with_logo = JinjaLetterWriter(Brand("Accounts", logo=Logo(b"x", "image/png"))).write(kind, params, "en")[2]

    assert with_logo.count('src="cid:logo"') == 1


def test_a_folder_of_ones_own_replaces_files_one_by_one(tmp_path, params):
    """What is not in it stays as it is."""
    (tmp_path / "verify_email").mkdir()
    (tmp_path / "verify_email" / "subject.txt").write_text("{{ service_name }} sends a code")
    writer = JinjaLetterWriter(Brand("Accounts"), tmp_path)

    assert writer.write(MessageKind.VERIFY_EMAIL, params, "en")[0] == "Accounts sends a code"
    assert writer.write(MessageKind.RESET_PASSWORD, params, "en")[0] == "Set a new password for Accounts"


@pytest.mark.parametrize("kind", GREETED)
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
        (MessageKind.PASSWORD_CHANGED, f"{SERVICE}/forgot-password"),
    ],
)
def test_the_link_stands_alone_on_its_line(writer, params, kind, address):
    """No full stop or bracket sticks to a link, and it stands between empty lines."""
    lines = [*writer.write(kind, params)[1].splitlines(), ""]
    place = lines.index(address)

    assert [line for line in lines if "https://" in line] == [address]
    assert (lines[place - 1], lines[place + 1]) == ("", "")


def test_a_text_message_is_short_and_plain(writer, kind, params, language):
    """It names the service and its secret, and is sent as one message (160 letters of GSM), or two (of 67 others)."""
    text = writer.write_text(kind, params, language)

    assert "Accounts" in text
    assert "\n" not in text
    assert len(text.replace(LINK, "")) <= (160 if set(text) <= GSM else 134)
    assert (CODE in text, LINK in text) == (kind.has_code, kind in LINKS)


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


def test_letters_load_nothing_from_elsewhere(writer, kind, params):
    """No picture, style or script is fetched when a letter is opened: nobody learns that it was."""
    html = writer.write(kind, params)[2]

    assert not any(word in html for word in ("src=", "<link", "@import", "url(", "<script"))
    assert html.startswith("<!doctype html>")


def test_a_subject_is_one_short_line(writer, kind, params, language):
    """A subject fits into a list of letters and is a valid header."""
    subject = writer.write(kind, params, language)[0]
    letter = EmailMessage()
    letter["Subject"] = subject

    assert subject == subject.strip()
    assert 0 < len(subject) <= 78
