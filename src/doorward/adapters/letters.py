"""Letters from the template folders."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from doorward.domain.messages import MessageKind

TEMPLATES = Path(__file__).parent.parent / "templates"


class JinjaLetterWriter:
    """Renders `<message>/subject.txt`, `body.txt`, `body.html` and `sms.txt`; only the HTML is escaped."""

    def __init__(self, service_name: str) -> None:
        loader = FileSystemLoader(TEMPLATES)
        self._plain = Environment(loader=loader, undefined=StrictUndefined, autoescape=False)  # noqa: S701 - text
        self._html = Environment(loader=loader, undefined=StrictUndefined, autoescape=True)
        for environment in (self._plain, self._html):
            environment.filters["duration"] = in_words
            environment.globals["service_name"] = service_name

    def write(self, kind: MessageKind, params: Mapping[str, object]) -> tuple[str, str, str]:
        subject = self._plain.get_template(f"{kind}/subject.txt").render(params).strip()
        text = self._plain.get_template(f"{kind}/body.txt").render(params)
        return subject, text, self._html.get_template(f"{kind}/body.html").render(params)

    def write_text(self, kind: MessageKind, params: Mapping[str, object]) -> str:
        return self._plain.get_template(f"{kind}/sms.txt").render(params).strip()


def in_words(duration: timedelta) -> str:
    """Say a duration as people do: `1 minute`, `24 hours`."""
    seconds = int(duration.total_seconds())
    for unit, size, least in (("day", 86400, 2), ("hour", 3600, 1), ("minute", 60, 1)):
        count, rest = divmod(seconds, size)
        if count >= least and not rest:
            return _counted(count, unit)
    return _counted(seconds, "second")


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
