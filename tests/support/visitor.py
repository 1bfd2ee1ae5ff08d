"""Somebody before a real browser."""

import re
import secrets

PROFILES = ("modern", "signup-signin", "email-or-phone", "oauth2-password", "code-activation", "link-activation")
WITH_CODE = ("modern", "code-activation", "link-activation")
PASSWORD = "Trains-and-tea-7"
BUTTON = "main form button:not([type=button])"


class Visitor:
    """Somebody before a window, and what the browser complained about."""

    def __init__(self, context, service, profile):
        self.context, self.url, self.profile = context, service.url, profile
        self.page = context.new_page()
        self.email = f"{secrets.token_hex(8)}@example.com"
        self.complaints, self.requests = [], []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.context.on("request", lambda request: self.requests.append(request.url))

    def _note(self, message):
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def open(self, path):
        self.page.goto(self.url + path)
        return self.page

    def send(self, **typed):
        """Fill the first form of the page and press its button."""
        for name, text in typed.items():
            self.page.fill(f"main [name={name}]", text)
        with self.page.expect_navigation():
            self.page.locator(BUTTON).first.click()
        return self.page

    def mail(self, count=1):
        """The newest letter, out of the inbox."""
        for _ in range(20):
            answer = self.context.request.get(f"{self.url}/dev/inbox/messages", params={"to": self.email, "wait": 5})
            found = answer.json()["messages"]
            if len(found) >= count:
                return found[0]
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{len(found)} letters")

    def sign_up(self, **changed):
        self.open("/sign-up")
        typed = {"contact" if self.profile == "email-or-phone" else "email": self.email, "password": PASSWORD}
        if self.profile not in WITH_CODE:
            typed |= {"first_name": "Ada", "last_name": "Lovelace"}
        return self.send(**typed | changed)

    def sign_in(self, password=PASSWORD):
        self.open("/sign-in")
        return self.send(identifier=self.email, password=password)

    def join(self):
        """From sign-up to the account."""
        self.sign_up()
        if self.profile in WITH_CODE:
            self.send(code=self.mail()["code"])
            self.send(identifier=self.email, password=PASSWORD)
        self.page.wait_for_url(re.compile(r"/account"))
        return self.page
