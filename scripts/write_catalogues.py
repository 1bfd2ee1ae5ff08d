#!/usr/bin/env python
"""Bring the catalogues of `src/doorward/languages` up to date with the texts of the source.

New texts are added without a translation, texts that are gone are removed; `tests/house/test_languages.py` names what
is not translated yet. A new language begins with an empty file: `touch src/doorward/languages/it.po`.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from doorward.http.problems import PROBLEMS, RULES

SOURCE = Path(__file__).parents[1] / "src" / "doorward"
LANGUAGES = SOURCE / "languages"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "NN_": (1, 2)}


def texts() -> Catalog:
    """Every text that is said to people in their language, in the order of the source."""
    found = Catalog(fuzzy=False)
    for _, _, message, _, _ in extract_from_dir(str(SOURCE), METHODS, {"**/templates/**": {}}, KEYWORDS):
        found.add(message)
    for problem in PROBLEMS.values():
        found.add(problem.title)
        found.add(problem.detail)
    for sentence in RULES.values():
        found.add(sentence)
    return found


def read(language: str) -> Catalog:
    """A catalogue as it stands."""
    return read_po(BytesIO((LANGUAGES / f"{language}.po").read_bytes()), locale=language)


def main() -> None:
    """Write them."""
    template = texts()
    for path in sorted(LANGUAGES.glob("*.po")):
        before, after = read(path.stem), Catalog(locale=path.stem, fuzzy=False)
        for message in template:
            if message.id:
                known = before.get(message.id)
                after.add(message.id, known.string if known and not known.fuzzy else "")
        text = BytesIO()
        write_po(text, after, width=120, omit_header=True)
        head = f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: {after.plural_forms}\\n"\n\n'
        path.write_bytes(head.encode() + text.getvalue().lstrip(b"\n"))
        missing = sum(1 for message in after if message.id and not _is_said(message.string))
        sys.stdout.write(f"{path.name}: {len(after)} texts, {missing} not translated\n")


def _is_said(string: str | tuple[str, ...]) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


if __name__ == "__main__":
    main()
