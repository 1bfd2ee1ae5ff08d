"""Somebody who signs up with an address and proves it with a code."""

PASSWORD = "trains and tea"


class Person:
    """Somebody with an address and a password."""

    def __init__(self, http, address, password=PASSWORD):
        self.http, self.address, self.password = http, address, password

    @property
    def basic(self):
        return (self.address.encode(), self.password.encode())

    def sign_up(self):
        return self.http.post("/v1/users", json={"email": self.address, "password": self.password})

    def activate(self, code, **changed):
        return self.http.post("/v1/users/activate", json={"code": code}, **{"auth": self.basic, **changed})

    def resend(self):
        return self.http.post("/v1/users/resend-code", auth=self.basic)

    def sign_in(self):
        return self.http.post("/v1/sessions", json={"identifier": self.address, "password": self.password})


def another(code):
    """A code of the same form that is not this one."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


def outcome(answer):
    return answer.status_code, answer.json().get("code")
