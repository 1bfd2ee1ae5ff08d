"""Sign-ups as the engine takes them."""

from fastapi import Request

from doorward.domain.password import Password
from doorward.domain.registration import SignUp
from doorward.domain.user import Profile
from doorward.http.client import client_of
from doorward.http.config import HttpConfig


def new_sign_up(
    request: Request,
    config: HttpConfig,
    password: str,
    profile: Profile,
    *,
    email: str | None = None,
    phone: str | None = None,
    username: str | None = None,
) -> SignUp:
    """What somebody has sent, and from where."""
    return SignUp(
        email=email,
        phone=phone,
        username=username,
        password=Password.typed(password),
        profile=profile,
        client=client_of(request, config.trusted_proxies),
    )


def names(first_name: str, last_name: str) -> Profile:
    """A profile of names only."""
    return Profile(first_name=first_name.strip(), last_name=last_name.strip())
