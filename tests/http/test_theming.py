"""Looks of one's own: what is wrong with them is said at start, and what is right stays safe."""

import base64

import pytest

from doorward.branding import LARGEST_LOGO, PNG, brand_of, letters_of
from doorward.domain.messages import MessageKind
from doorward.extras import CannotStart
from doorward.settings import SettingsError, load
from support.program import NotStarted

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def settings(tmp_path):
    """Settings with files in a folder, each by its path."""

    def make(files=(), **given):
        for name, content in dict(files).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        paths = {name: str(tmp_path / value) for name, value in given.items() if name in ("logo", "templates")}
        return load(given | paths, environ={}, folder=tmp_path).settings

    return make


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "#123456; }", "url(x)"])
def test_a_colour_that_is_none_stops_the_start(settings, colour):
    """And nothing but six digits comes into the style sheet."""
    with pytest.raises(SettingsError, match=r"DOORWARD_ACCENT_COLOR \(flag\): write it as #rrggbb"):
        settings(accent_color=colour)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        (b"GIF89a", "neither an SVG nor a PNG"),
        (PNG + bytes(LARGEST_LOGO), "larger than 100 kB"),
    ],
)
def test_a_logo_that_is_none_stops_the_start(settings, content, words):
    """The setting and the file are named."""
    files = {} if content is None else {"logo.png": content}

    with pytest.raises(CannotStart, match=rf"DOORWARD_LOGO: .*logo\.png.*{words}"):
        brand_of(settings(files, logo="logo.png"))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "is no folder"),
        ({"ours/hmoe.html": "x"}, "no hmoe.html to take the place of. Did you mean home.html"),
        ({"ours/mail/verify_email/body.html": "x"}, "no mail/verify_email/body.html"),
        ({"ours/mail/verify_email/subject.txt": "{{ nmae }}"}, r"subject\.txt, line 1: 'nmae' is undefined"),
        ({"ours/mail/layout.html": "\n{% if %}"}, r"layout\.html, line 2: "),
    ],
)
def test_templates_that_cannot_be_used_stop_the_start(settings, files, words):
    """The file is named, and its line."""
    with pytest.raises(CannotStart, match=rf"DOORWARD_TEMPLATES: .*{words}"):
        letters_of(settings(files, templates="ours"))


def test_what_others_include_begins_with_an_underscore(settings):
    """It takes the place of nothing."""
    files = {"ours/mail/_note.txt": "Closed on Mondays.", "ours/mail/test/letter.txt": '{% include "_note.txt" %}'}
    writer = letters_of(settings(files, templates="ours"))

    assert writer.write(MessageKind.TEST, {}, "en")[1] == "Closed on Mondays.\n"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("{% extends 'doorward/base.html' %}{% block nav %}{{ nobody }}{% endblock %}", "'nobody' is undefined"),
        ("{% x", "line 1"),
    ],
)
def test_a_page_that_cannot_be_shown_stops_the_service(launch, page, words):
    """Before it listens, and not at the first visitor."""
    with pytest.raises(NotStarted) as failed:
        launch("modern", mode="dev", env={"DOORWARD_TEMPLATES": "ours"}, files={"ours/base.html": page})

    assert "DOORWARD_TEMPLATES: " in str(failed.value)
    assert words in str(failed.value)


def test_a_logo_does_nothing_but_be_shown(launch):
    """Also for whoever opens it alone: no script in it is run."""
    files = {"logo.svg": SVG}
    http = launch("modern", mode="dev", env={"DOORWARD_LOGO": "logo.svg"}, files=files).client()

    logo = http.get("/assets/logo.svg")

    assert logo.text == SVG
    assert logo.headers["content-security-policy"].startswith("default-src 'none'")
    assert http.get("/assets/brand.css").status_code == 404


def test_letters_bring_their_logo_along(launch, tmp_path, mailbox, address):
    """As a part that the HTML names; the inbox shows the same."""
    (tmp_path / "logo.png").write_bytes(PIXEL)
    env = {"DOORWARD_LOGO": str(tmp_path / "logo.png"), "SMTP_URL": mailbox.url}
    http = launch("code-activation", mode="dev", env=env).client()
    http.post("/v1/users", json={"email": address, "password": "Trains-and-tea-7"}).raise_for_status()
    letter = mailbox.wait_for(address)
    caught = http.get("/dev/inbox/messages", params={"to": address, "wait": 10}).json()["messages"][0]
    parts = {part.get_content_type(): part for part in letter.walk()}

    assert parts["image/png"].get_content() == PIXEL
    assert parts["image/png"]["Content-ID"] == "<logo>"
    assert 'src="cid:logo"' in parts["text/html"].get_content()
    assert letter.get_body(("plain",)).get_content().strip().startswith(caught["code"])
    assert "data:image/png;base64,iVBOR" in http.get(f"/dev/inbox/{caught['id']}/html").text
