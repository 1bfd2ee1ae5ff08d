"""How a service shows itself."""

import pytest

from doorward.domain.brand import DARK, LIGHT, READABLE, Brand, Logo, contrast, is_colour, mixed

GROUNDS = ("#ffffff", "#f4f5f8", "#1b202a", "#12151c")
COLOURS = ("#2f5bd3", "#000000", "#ffffff", "#ffff00", "#ff0000", "#777777", "#0b6e4f", "#12151c")


def test_contrast_is_that_of_the_guidelines():
    """Black on white is 21, a colour on itself 1, and the order makes no difference."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#2f5bd3", "#2f5bd3") == 1
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("accent", COLOURS)
def test_text_on_the_colour_can_be_read(accent):
    """Whatever colour somebody chooses."""
    brand = Brand("Accounts", accent)

    assert brand.on_accent in (LIGHT, DARK)
    assert contrast(brand.on_accent, accent) >= READABLE


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("accent", COLOURS)
def test_the_colour_as_text_can_be_read(accent, ground):
    """It is mixed with white or black until it can; where it can be read already it stays as it is."""
    shown = Brand("Accounts", accent).on(ground)

    assert contrast(shown, ground) >= READABLE
    assert (shown == accent) == (contrast(accent, ground) >= READABLE)


def test_colours_are_mixed_by_share():
    """From the one to the other."""
    assert [mixed("#000000", "#ffffff", share) for share in (0, 0.5, 1)] == ["#000000", "#808080", "#ffffff"]


@pytest.mark.parametrize(
    ("text", "is_one"), [("#2F5bd3", True), ("2f5bd3", False), ("#fff", False), ("#2f5bd3;", False), ("red", False)]
)
def test_a_colour_is_written_with_six_digits(text, is_one):
    """And nothing else, so that it can stand in a style sheet."""
    assert is_colour(text) is is_one


def test_letters_show_png_only():
    """Mail programs show no SVG."""
    logos = [None, Logo(b"", "image/svg+xml"), Logo(b"", "image/png")]

    assert [Brand("Accounts", logo=logo).has_picture for logo in logos] == [False, False, True]
