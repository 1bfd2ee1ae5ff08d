"""What every page must be like: for everybody, small, and from this host alone."""

import re
from urllib.parse import urlsplit

import pytest

from doorward.languages import OFFERED, SOURCE, speech
from support.looks import LOOKS, WEIGHT, faults, too_wide
from support.visitor import PROFILES

OTHERS = [language for language in OFFERED if language != SOURCE]
OUTSIDE = ("/", "/sign-up", "/sign-in", "/forgot-password", "/reset-password?token=x", "/problems", "/nowhere")
INSIDE = (
    "/account",
    "/account/security",
    "/account/activity",
    "/account/data",
    "/account/contact/email",
    "/account/contact/phone",
    "/dev/inbox",
)
FIELDS = {
    "identifier": ("username webauthn", "username"),
    "email": ("email",),
    "contact": ("email",),
    "phone": ("tel",),
    "password": ("new-password", "current-password"),
    "current_password": ("current-password",),
    "new_password": ("new-password",),
    "code": ("one-time-code",),
    "first_name": ("given-name",),
    "last_name": ("family-name",),
    "date_of_birth": ("bday",),
    "address": ("street-address",),
    "comments": ("off",),
}


@pytest.mark.parametrize("look", [pytest.param(n, marks=pytest.mark.smoke) if n == "light" else n for n in LOOKS])
def test_axe_finds_nothing(visit, look):
    """On any page, with and without something wrong on it; and nothing is wider than the window."""
    visitor = visit("modern", **LOOKS[look])
    found = {}
    for path in OUTSIDE:
        visitor.open(path)
        found[path] = faults(visitor.page) + too_wide(visitor.page)
    visitor.sign_up(password="password1")
    found["refused"] = faults(visitor.page) + too_wide(visitor.page)
    visitor.sign_up()
    found["code"] = faults(visitor.page) + too_wide(visitor.page)
    visitor.send(code="000000")
    found["wrong code"] = faults(visitor.page)
    visitor.send(code=visitor.mail()["code"])
    visitor.sign_in()
    for path in INSIDE:
        visitor.open(path)
        found[path] = faults(visitor.page) + too_wide(visitor.page)

    assert {path: one for path, one in found.items() if one} == {}


@pytest.mark.smoke
@pytest.mark.parametrize("profile", PROFILES)
def test_browsers_know_what_to_fill_in(visit, profile):
    """Every input says what it is for; passwords have no maxlength, and their rules stand in passwordrules."""
    visitor = visit(profile)
    seen = {}
    for path in ("/sign-up", "/sign-in", "/forgot-password", "/reset-password?token=x"):
        visitor.open(path)
        seen |= inputs(visitor.page, path)
    visitor.sign_up()
    seen |= inputs(visitor.page, "/verify")

    assert seen
    for (path, name), given in seen.items():
        assert given["autocomplete"] in FIELDS[name], (path, name)
        assert given["maxlength"] is None, (path, name)
        if given["autocomplete"] == "new-password":
            assert given["passwordrules"].startswith("minlength: 8;")
        if name == "code":
            assert (given["type"], given["inputmode"], given["pattern"]) == ("text", "numeric", None)
        if name in ("identifier", "email", "contact"):
            assert given["autocapitalize"] == "none"


def inputs(page, path):
    """The visible inputs of a page with their attributes."""
    read = """nodes => nodes.filter(n => n.type !== 'hidden').map(n => Object.fromEntries(
        ['name', 'type', 'autocomplete', 'maxlength', 'passwordrules', 'inputmode', 'pattern', 'autocapitalize']
        .map(a => [a, n.getAttribute(a)])))"""
    return {(path, one["name"]): one for one in page.locator("main input").evaluate_all(read)}


@pytest.mark.smoke
def test_pages_are_small_and_ask_nobody_else(visit):
    """At most 60 kB each with all that belongs to it; five requests; a strict policy."""
    visitor = visit("modern")
    sizes, hosts = {}, set()
    for path in OUTSIDE:
        loaded = []
        note = lambda response, loaded=loaded: loaded.append(response)  # noqa: E731 - it is taken off again
        visitor.page.on("response", note)
        answer = visitor.page.goto(visitor.url + path, wait_until="networkidle")
        visitor.page.remove_listener("response", note)
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert len(loaded) <= 5
        sizes[path] = sum(len(one.body()) for one in loaded)
        hosts |= {urlsplit(one.url).netloc for one in loaded}

    assert max(sizes.values()) <= WEIGHT, sizes
    assert hosts == {urlsplit(visitor.url).netloc}
    assert visitor.complaints == []


def test_every_language_is_spoken_on_every_page(visit):
    """The page says its language and direction, and nothing of the shell is left in English."""
    for language in OTHERS:
        visitor = visit("modern", locale=language)
        shell = ("Sign in", "Create account", "Password", "Language", "Colours")
        foreign = "|".join(text for text in shell if speech(language).say(text) != text)
        for path in ("/", "/sign-up", "/sign-in", "/forgot-password"):
            page = visitor.open(path)
            assert page.get_attribute("html", "lang") == language
            assert page.get_attribute("html", "dir") == speech(language).direction
            assert not re.search(rf"\b({foreign})\b", page.inner_text("body")), path


def test_every_language_fits_a_small_phone(visit):
    """Nothing scrolls sideways, and no word is cut off in a button."""
    for language in OFFERED:
        visitor = visit("modern", locale=language, viewport={"width": 320, "height": 640})
        for path in ("/", "/sign-up", "/sign-in", "/forgot-password"):
            page = visitor.open(path)
            cut = page.eval_on_selector_all("button", "all => all.filter(b => b.scrollWidth > b.clientWidth).length")
            assert (too_wide(page), cut) == ([], 0), (language, path)
