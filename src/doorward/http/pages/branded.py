"""What looks after the brand of the service: its colours as a style sheet, its logo, letters in a frame."""

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from typing import Literal

from fastapi.responses import HTMLResponse

from doorward.domain.brand import ACCENT, Brand, readable_on

LIGHT_GROUND, DARK_GROUND = "#f4f5f8", "#1b202a"
"""The grounds of app.css on which a colour is hardest to read."""
Look = Literal["system", "light", "dark", "narrow"]
ENDINGS = {"image/png": "png", "image/svg+xml": "svg"}
# Style stands in a letter itself, as mail programs want it; nothing else of it may do anything, and only in a frame.
LETTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that is made of the settings; its address changes with what is in it."""

    name: str
    content: bytes
    media_type: str

    @property
    def address(self) -> str:
        return f"/assets/{self.name}?v={hashlib.sha256(self.content).hexdigest()[:12]}"


@cache
def style_of(brand: Brand) -> Asset | None:
    """The style sheet of a colour of one's own: as it is for what lies behind text, readable for text."""
    if brand.accent.lower() == ACCENT:
        return None
    light, dark = _colours(brand.accent, brand.on(LIGHT_GROUND)), _colours(brand.on(DARK_GROUND), brand.on(DARK_GROUND))
    rules = (
        f":root {{ {light} }}",
        f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {dark} }} }}',
        f':root[data-theme="dark"] {{ {dark} }}',
    )
    return Asset("brand.css", "\n".join(rules).encode(), "text/css")


def _colours(accent: str, link: str) -> str:
    return f"--accent: {accent}; --on-accent: {readable_on(accent)}; --link: {link};"


@cache
def logo_of(brand: Brand) -> Asset | None:
    """The logo, if there is one."""
    logo = brand.logo
    return Asset(f"logo.{ENDINGS[logo.media_type]}", logo.content, logo.media_type) if logo else None


def framed(html: str, brand: Brand, look: Look = "system") -> HTMLResponse:
    """A letter to be shown in a frame, with the logo that travels beside it in a real one.

    Args:
        html: of the letter.
        brand: whose logo it is.
        look: light or dark, in place of what the system has; a frame goes by the system, whatever is around it.
    """
    if look in ("light", "dark"):
        html = html.replace("light dark", look)
    if brand.logo:
        html = html.replace("cid:logo", f"data:{brand.logo.media_type};base64,{b64encode(brand.logo.content).decode()}")
    return HTMLResponse(html, headers={"Content-Security-Policy": LETTER_POLICY})
