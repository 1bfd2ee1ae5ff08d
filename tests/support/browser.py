"""A browser without JavaScript: it opens pages, fills in forms and sends them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx2


@dataclass
class Form:
    """A form of a page: where it is sent, and what its fields hold."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    visible: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.scripts = 0
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "script":
            self.scripts += 1
        elif tag == "form":
            self.forms.append(Form(given["action"] or "", (given.get("method") or "get").upper()))
        elif tag == "input" and self.forms and given.get("name"):
            self.forms[-1].fields[given["name"]] = given.get("value") or ""
            if given.get("type") != "hidden":
                self.forms[-1].visible.append(given["name"])

    def handle_data(self, data):
        self.words.append(data)


class Browser:
    """One window; `answer` is what it shows."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http
        self.answer: httpx2.Response | None = None

    def open(self, address: str) -> "Browser":
        """Follow a link."""
        self.answer = self._http.get(address, headers={"Sec-Fetch-Site": "none", "Accept": "text/html"})
        return self

    def type_and_send(self, *typed: str) -> "Browser":
        """Fill the visible fields in their order and press the button; a page may forbid to say where it came from."""
        form = self._read().forms[0]
        filled = form.fields | dict(zip(form.visible, typed, strict=True))
        is_silent = self.answer.headers["Referrer-Policy"] == "no-referrer"  # Fetch: then the Origin is null
        origin = "null" if is_silent else str(self._http.base_url).rstrip("/")
        self.answer = self._http.request(
            form.method,
            urljoin(str(self.answer.url), form.action),
            data=filled,
            headers={"Origin": origin, "Sec-Fetch-Site": "same-origin", "Accept": "text/html"},
        )
        return self

    @property
    def text(self) -> str:
        """What a person reads."""
        return " ".join(" ".join(self._read().words).split())

    @property
    def has_form(self) -> bool:
        return bool(self._read().forms)

    @property
    def has_script(self) -> bool:
        return bool(self._read().scripts)

    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.answer.text)
        return reader
