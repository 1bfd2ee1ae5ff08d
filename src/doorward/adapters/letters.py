"""Letters from the template folder, in the reader's language."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from doorward.domain.brand import Brand
from doorward.domain.messages import MessageKind
from doorward.languages import preferred, speech

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent.parent / "templates"


class JinjaLetterWriter:
    """Renders `<message>/subject.txt`, `letter.txt` and `sms.txt`.

    A letter is written once: `layout.txt` makes the plain text of it and `layout.html` the HTML, the only one escaped.
    Files of one's own come first; they may extend the ones here as `doorward/layout.html`.
    """

    def __init__(self, brand: Brand, own: Path | None = None) -> None:
        self._brand, self._own = brand, own
        self._environment = cache(self._build)

    def write(self, kind: MessageKind, params: Mapping[str, object], language: str) -> tuple[str, str, str]:
        subject = self._plain(f"{kind}/subject.txt", params, language)
        told = {**params, "kind": kind, "subject": subject}
        text = re.sub(r"\s*\n\s*\n\s*", "\n\n", self._plain("layout.txt", told, language)) + "\n"
        return subject, text, self._rendered("layout.html", told, language, escapes=True).lstrip()

    def write_text(self, kind: MessageKind, params: Mapping[str, object], language: str) -> str:
        return self._plain(f"{kind}/sms.txt", params, language)

    def _plain(self, name: str, params: Mapping[str, object], language: str) -> str:
        return self._rendered(name, params, language, escapes=False).strip()

    def _rendered(self, name: str, params: Mapping[str, object], language: str, *, escapes: bool) -> str:
        return self._environment(preferred("", language), escapes).get_template(name).render(params)

    def _build(self, language: str, escapes: bool) -> "Environment":
        """The templates in one language."""
        from doorward.languages.templating import templates  # noqa: PLC0415 - takes time, and the start writes to nobody

        said = speech(language)
        made = templates(said, TEMPLATES, self._own, escapes=escapes)
        made.filters["duration"] = said.lasting
        made.globals |= {"brand": self._brand, "service_name": self._brand.name}
        made.globals |= {"language": language, "direction": said.direction}
        return made
