"""What people recognise a service by, out of the files that the settings name."""

import difflib
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from doorward.adapters.letters import TEMPLATES, JinjaLetterWriter
from doorward.domain.brand import Brand, Logo
from doorward.domain.messages import USUAL_LANGUAGE, MessageKind
from doorward.extras import CannotStart
from doorward.http.pages import FOLDER
from doorward.settings import Settings

LARGEST_LOGO = 100_000
PNG = b"\x89PNG\r\n\x1a\n"
MAIL = "mail"
SAMPLE = {
    "first_name": "Ada",
    "code": "123456",
    "link": "https://x/y?token=z",
    "valid": timedelta(1),
    "service_url": "",
}


def brand_of(settings: Settings) -> Brand:
    """Name, colour and logo.

    Raises:
        CannotStart: the logo is none.
    """
    return Brand(settings.service_name, settings.accent_color, _logo(settings.logo) if settings.logo else None)


def _logo(path: Path) -> Logo:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CannotStart(f"DOORWARD_LOGO: {path} cannot be read ({error.strerror}).") from None
    if len(content) > LARGEST_LOGO:
        raise CannotStart(f"DOORWARD_LOGO: {path} is larger than {LARGEST_LOGO // 1000} kB.")
    if content.startswith(PNG):
        return Logo(content, "image/png")
    if b"<svg" in content[:1000]:
        return Logo(content, "image/svg+xml")
    raise CannotStart(f"DOORWARD_LOGO: {path} is neither an SVG nor a PNG file.")


def letters_of(settings: Settings) -> JinjaLetterWriter:
    """Who writes the letters.

    Raises:
        CannotStart: the folder of one's own templates is none, something in it takes the place of nothing, or a letter
            cannot be written with it.
    """
    brand = brand_of(settings)
    if settings.templates is None:
        return JinjaLetterWriter(brand)
    _must_replace_something(settings.templates)
    writer = JinjaLetterWriter(brand, settings.templates / MAIL)
    with naming_the_file(settings):
        for kind in MessageKind:
            if kind.is_letter:
                writer.write(kind, SAMPLE, USUAL_LANGUAGE)
                writer.write_text(kind, SAMPLE, USUAL_LANGUAGE)
    return writer


def _must_replace_something(folder: Path) -> None:
    if not folder.is_dir():
        raise CannotStart(f"DOORWARD_TEMPLATES: {folder} is no folder.")
    known = _names(FOLDER / "templates") | {f"{MAIL}/{name}" for name in _names(TEMPLATES)}
    for name in sorted(_names(folder) - known):
        if not Path(name).name.startswith("_"):
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {close[0]}?" if close else " What others include begins with an underscore."
            raise CannotStart(f"DOORWARD_TEMPLATES: there is no {name} to take the place of.{hint}")


@contextmanager
def naming_the_file(settings: Settings) -> Iterator[None]:
    """Say which of one's own templates is wrong, and where."""
    if settings.templates is None:
        yield
        return
    from jinja2 import TemplateError  # noqa: PLC0415 - takes time, and few have templates of their own

    try:
        yield
    except TemplateError as error:
        frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
        frames.append((getattr(error, "filename", None) or "", getattr(error, "lineno", None)))
        own = [(name, line) for name, line in frames if name.startswith(str(settings.templates))]
        place = "{}, line {}".format(*own[-1]) if own else str(settings.templates)
        raise CannotStart(f"DOORWARD_TEMPLATES: {place}: {(error.message or '').rstrip('.')}.") from None


def _names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
