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
    fields: dict[str, str | list[str]] = field(default_factory=dict)
    visible: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append(Form(given["action"] or "", (given.get("method") or "get").upper()))
        elif tag == "input" and self.forms and given.get("name"):
            fields, name, value = self.forms[-1].fields, given["name"], given.get("value") or ""
            if given.get("type") != "hidden":
                self.forms[-1].visible.append(name)
            elif name in fields:  # several of one name are sent together
                value = [*([fields[name]] if isinstance(fields[name], str) else fields[name]), value]
            fields[name] = value
        elif tag == "select" and self.forms:
            self.forms[-1].fields[given["name"]] = ""

    def handle_data(self, data):
        self.words.append(data)


class Browser:
    """One window; `answer` is what it shows."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http
        self.answer: httpx2.Response | None = None

    def open(self, address: str) -> "Browser":
        """Follow a link."""
        self.answer = self._http.get(
            address, headers={"Sec-Fetch-Site": "none", "Accept": "text/html"}, follow_redirects=True
        )
        return self

    def type_and_send(self, *typed: str) -> "Browser":
        """Fill the visible fields in their order and press the button; a page may forbid to say where it came from."""
        form = self._read().forms[0]
        return self._send(form, form.fields | dict(zip(form.visible, typed, strict=True)))

    def send(self, action: str, **typed: str) -> "Browser":
        """Fill fields by their names and press the button of one of the page's forms."""
        form = next(form for form in self._read().forms if form.action == action)
        assert set(typed) <= set(form.fields), form.fields
        return self._send(form, form.fields | typed)

    @property
    def path(self) -> str:
        """Where one is."""
        return self.answer.url.path

    def forget(self, cookie: str) -> "Browser":
        """Lose a cookie, as when its time is over."""
        self._http.cookies.delete(cookie)
        return self

    def cookie(self, name: str) -> str | None:
        """What a cookie holds."""
        return self._http.cookies.get(name)

    def post(self, address: str) -> httpx2.Response:
        """Send an empty form, and see the answer before it is followed."""
        return self._http.post(address, data={"x": "y"}, headers={"Accept": "text/html"})

    def _send(self, form: Form, filled: dict[str, str | list[str]]) -> "Browser":
        is_silent = self.answer.headers["Referrer-Policy"] == "no-referrer"  # Fetch: then the Origin is null
        origin = "null" if is_silent else str(self._http.base_url).rstrip("/")
        self.answer = self._http.request(
            form.method,
            urljoin(str(self.answer.url), form.action),
            data=filled,
            headers={"Origin": origin, "Sec-Fetch-Site": "same-origin", "Accept": "text/html"},
            follow_redirects=True,
        )
        return self

    @property
    def text(self) -> str:
        """What a person reads."""
        return " ".join(" ".join(self._read().words).split())

    @property
    def has_form(self) -> bool:
        return bool(self._read().forms)

    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.answer.text)
        return reader
