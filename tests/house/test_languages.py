"""Every text is said in every language that is offered, with what is filled in, and really in that language."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from babel import Locale
from write_catalogues import read, texts

from doorward.languages import NN_, OFFERED, SOURCE, preferred, speech

OTHERS = [language for language in OFFERED if language != SOURCE]
FILLED_IN = re.compile(r"%\(\w+\)s|\{\w+\}")
MUST_DIFFER = 0.95
ROOT = Path(__file__).parents[2]


def forms(string):
    return string if isinstance(string, (tuple, list)) else (string,)


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_missing_and_nothing_is_left_over(language):
    """`python scripts/write_catalogues.py` brings a catalogue up to date; the translations are written by hand."""
    wanted, found = ({message.id for message in catalogue if message.id} for catalogue in (texts(), read(language)))

    assert wanted - found == set()
    assert found - wanted == set()
    assert [m.id for m in read(language) if m.id and (m.fuzzy or not all(forms(m.string)))] == []


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_filled_in_stands_in_the_translation_too(language):
    """A form for one may leave the number out, as English does."""
    for message in read(language):
        if message.id:
            wanted = set(FILLED_IN.findall(forms(message.id)[-1]))
            for number, form in enumerate(forms(message.string)):
                found = set(FILLED_IN.findall(form))
                assert found <= wanted, message.id
                assert found == wanted or (isinstance(message.string, (tuple, list)) and number < 3), message.id


@pytest.mark.parametrize("language", OTHERS)
def test_the_translations_are_no_copies(language):
    """Some words are the same in two languages; few are."""
    pairs = [(forms(m.id)[0], forms(m.string)[0]) for m in read(language) if m.id]

    assert sum(one != other for one, other in pairs) / len(pairs) >= MUST_DIFFER


@pytest.mark.parametrize("language", OTHERS)
def test_what_depends_on_a_number_is_translated(language):
    """As gettext counts by the header of the catalogue."""
    pair = NN_("That isn't the code we sent. {n} try left.", "That isn't the code we sent. {n} tries left.")

    said = {speech(language).count(*pair, number) for number in (1, 2, 3, 11)}

    assert len({re.sub("[0-9]", "", text) for text in said}) >= (1 if language in ("ja", "ar") else 2)
    assert not [text for text in said if text.startswith("That")]


def test_the_readme_names_every_language():
    """Nobody reads the folder to learn what the pages speak."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [code for code in OFFERED if Locale.parse(code).get_language_name(SOURCE) not in readme] == []


@pytest.mark.parametrize(
    ("accepted", "chosen", "language"),
    [
        ("", None, "en"),
        ("de", None, "de"),
        ("de-AT,en;q=0.5", None, "de"),
        ("en;q=0.5,de;q=0.8", None, "de"),
        ("xx,yy;q=0.9", None, "en"),
        ("de;q=0,en", None, "en"),
        ("pt-BR,pt;q=0.9,en;q=0.8", None, "pt"),
        ("pt-PT", None, "pt"),
        ("it-CH,it;q=0.9", None, "it"),
        ("nl-BE,fr;q=0.8", None, "nl"),
        ("de", "en", "en"),
        ("en", "de", "de"),
        ("en", "xx", "en"),
        ("de;q=abc", None, "en"),
        ("*", None, "en"),
        ("," * 10_000, None, "en"),
    ],
)
def test_the_best_of_what_is_offered_is_taken(accepted, chosen, language):
    """What somebody chose, else what his browser asks for, else English."""
    assert preferred(accepted, chosen) == language


@pytest.mark.parametrize(
    ("label", "in_german"), [("Firefox on Linux", "Firefox unter Linux"), ("curl", "curl"), ("% on %s", "% unter %s")]
)
def test_a_device_is_named_in_the_readers_language(label, in_german):
    """Sessions keep it in English."""
    assert (speech("en").device(label), speech("de").device(label)) == (label, in_german)
    assert not [language for language in OTHERS if speech(language).device("Firefox on Linux") == "Firefox on Linux"]


@pytest.mark.parametrize(
    ("duration", "words", "in_german"),
    [
        (timedelta(seconds=1), "1 second", "1 Sekunde"),
        (timedelta(seconds=60), "1 minute", "1 Minute"),
        (timedelta(seconds=90), "90 seconds", "90 Sekunden"),
        (timedelta(minutes=10), "10 minutes", "10 Minuten"),
        (timedelta(minutes=90), "90 minutes", "90 Minuten"),
        (timedelta(hours=1), "1 hour", "1 Stunde"),
        (timedelta(hours=24), "24 hours", "24 Stunden"),
        (timedelta(days=2), "2 days", "2 Tage"),
    ],
)
def test_what_rules_last_is_said_exactly(duration, words, in_german):
    """The largest unit that divides a duration is used, a day as 24 hours; every language has words for it."""
    assert (speech("en").lasting(duration), speech("de").lasting(duration)) == (words, in_german)
    assert not [language for language in OTHERS if "duration" in speech(language).lasting(duration)]
