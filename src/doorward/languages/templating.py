"""Templates that speak a language."""

from jinja2 import BaseLoader, Environment, StrictUndefined

from doorward.languages import Speech


def templates(speech: Speech, loader: BaseLoader, *, escapes: bool = True) -> Environment:
    """An environment in which `_` and `trans` speak the language.

    Args:
        speech: the language.
        loader: where the templates are.
        escapes: whether values are escaped for HTML.
    """
    made = Environment(
        loader=loader,
        autoescape=escapes,  # noqa: S701 - plain text is not escaped
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(speech.translations, newstyle=True)  # type: ignore[attr-defined]  # by the extension
    return made
