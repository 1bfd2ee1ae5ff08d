"""Samples of all letters in the console, and that everything that happens or is sent has words."""

import re

import pytest

from doorward.domain.events import EventType
from doorward.domain.messages import MessageKind
from doorward.http.pages.words import event_words, message_words
from doorward.languages import OFFERED
from support.operator import Operator, administrator, weight

PATH = "/admin/mail"
LETTERS = [kind.value for kind in MessageKind if kind.is_letter]


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("modern", env={"DOORWARD_SERVICE_NAME": "<script>alert(1)</script>"})


@pytest.fixture(scope="module")
def root(service):
    return administrator(service)


@pytest.mark.parametrize("kind", LETTERS)
def test_each_letter_is_shown(root, kind):
    """As HTML in a frame that may do nothing, as text and as a text message, in each language."""
    for language in OFFERED:
        page = root.open(f"{PATH}?kind={kind}&language={language}")
        frame = root.http.get(re.search(r'<iframe [^>]*src="([^"]+)"', page.answer.text)[1].replace("&amp;", "&"))

        assert f'<pre class="letter" lang="{language}"' in page.answer.text
        assert 'sandbox=""' in page.answer.text
        assert f'<html lang="{language}"' in frame.text
        assert "<script>" not in page.answer.text + frame.text


def test_the_frame_is_the_only_place_with_styles_of_its_own(root):
    """And it runs nothing; the page around it may show it and nothing else."""
    page, frame = root.open(PATH).answer, root.http.get(f"{PATH}/html")

    assert page.headers["content-security-policy"].endswith("; frame-src 'self'")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "sandbox" in frame.headers["content-security-policy"]
    assert "script-src" not in frame.headers["content-security-policy"]
    assert "default-src 'none'" in frame.headers["content-security-policy"]


def test_samples_are_good_for_nothing(root, service):
    """Their link leads nowhere."""
    text = root.open(f"{PATH}?kind=reset_password").text

    assert "token=sample" in text
    assert service.client().post("/v1/password/reset", json={"token": "sample", "password": "x"}).status_code >= 400


@pytest.mark.parametrize("asked", ["kind=nonsense", "language=xx", "look=huge", "kind=reset_requested"])
def test_what_there_is_not_is_refused(root, asked):
    """As a page."""
    assert root.open(f"{PATH}?{asked}").answer.status_code in (404, 422)
    assert root.http.get(f"{PATH}/html?{asked}").status_code in (404, 422)


def test_only_administrators_see_them(service):
    """Samples show how one's mails look, which is for those who send them."""
    somebody = Operator(service)
    led = service.client().get(PATH, headers={"Accept": "text/html"}, follow_redirects=True)

    assert [somebody.status(path) for path in (PATH, f"{PATH}/html")] == [403, 403]
    assert (led.url.path, 'value="/admin/mail"' in led.text) == ("/sign-in", True)


def test_the_page_is_small(root):
    """With all that belongs to it."""
    assert weight(root, f"{PATH}?kind=verify_email&language=ar") <= 60_000


def test_everything_has_words():
    """What happens and what is sent: the console shows no bare names."""
    assert [kind for kind in EventType if event_words(kind.audit_name) == kind.audit_name] == []
    assert [kind for kind in MessageKind if message_words(kind) == kind] == []
