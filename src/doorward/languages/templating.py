"""Templates that speak a language."""

from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

from doorward.languages import Speech


def templates(speech: Speech, usual: Path, own: Path | None, *, escapes: bool = True) -> Environment:
    """An environment in which `_` and `trans` speak the language.

    Args:
        speech: the language.
        usual: the folder of the templates.
        own: a folder whose files take their places; they may extend the usual ones as `doorward/…`.
        escapes: whether values are escaped for HTML.
    """
    ours = FileSystemLoader(usual)
    theirs = [FileSystemLoader(own)] if own else []
    made = Environment(
        loader=ChoiceLoader([*theirs, ours, PrefixLoader({"doorward": ours})]),
        autoescape=escapes,  # noqa: S701 - plain text is not escaped
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(speech.translations, newstyle=True)  # type: ignore[attr-defined]  # by the extension
    return made
