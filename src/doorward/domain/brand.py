"""How a service shows itself: its name, its colour and its logo."""

import re
from dataclasses import dataclass

ACCENT = "#2f5bd3"
LIGHT, DARK = "#ffffff", "#000000"
READABLE = 4.5
"""The least contrast of text with what is behind it (WCAG 2.2, 1.4.3)."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture, and the media type that it is served with."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Brand:
    """What people recognise the service by."""

    name: str
    accent: str = ACCENT
    logo: Logo | None = None

    @property
    def on_accent(self) -> str:
        """The colour of text on it."""
        return readable_on(self.accent)

    @property
    def has_picture(self) -> bool:
        """Whether letters can show the logo: mail programs show no SVG."""
        return self.logo is not None and self.logo.media_type == "image/png"

    def on(self, ground: str) -> str:
        """The colour for text and lines on a ground: nearer to white or black by as much as reading needs."""
        towards = readable_on(ground)
        steps = (mixed(self.accent, towards, step / 20) for step in range(21))
        return next((colour for colour in steps if contrast(colour, ground) >= READABLE), towards)


def readable_on(ground: str) -> str:
    """White or black, whichever is easier to read on a colour; one of them always is."""
    return max((LIGHT, DARK), key=lambda text: contrast(text, ground))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 (the same) to 21 (black and white)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """A colour with a share of another one in it."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(mine + (theirs - mine) * share):02x}" for mine, theirs in pairs)


def is_colour(text: str) -> bool:
    """Whether it is written as #rrggbb."""
    return re.fullmatch("#[0-9a-fA-F]{6}", text) is not None


def _channels(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def _luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    shares = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
