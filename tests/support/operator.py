"""Somebody in the console: a browser that is signed in, with or without the right to be there."""

import secrets

from support.browser import Browser

PASSWORD = "Trains-and-tea-7"


class Operator(Browser):
    """A window; `http` sends what no page of ours would."""

    def __init__(self, service, *options):
        self.http, self.service = service.client(), service
        super().__init__(self.http)
        self.email = f"{secrets.token_hex(6)}@example.com"
        self.id = service.create_user(self.email, PASSWORD, "--verified", *options)["id"]
        self.open("/sign-in").send("/sign-in", identifier=self.email, password=PASSWORD)
        assert self.path == "/account", self.text

    def post(self, path, headers=None, **typed):
        """Send a form as a browser would from a page of ours, and do not follow the answer."""
        usual = {"Origin": self.service.url, "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
        return self.http.post(path, data=typed, headers=usual | (headers or {}))

    def status(self, path):
        """What a page answers."""
        return self.http.get(path, headers={"Accept": "text/html"}).status_code


def administrator(service):
    """One who may."""
    return Operator(service, "--role", "admin")


def weight(operator, path):
    """The bytes of a page with its styles and scripts."""
    page = operator.open(path).answer
    parts = [
        part.partition('"')[0] for mark in ('href="/assets/', 'src="/assets/') for part in page.text.split(mark)[1:]
    ]
    return len(page.content) + sum(len(operator.http.get(f"/assets/{part}").content) for part in set(parts))
