"""Links for administrators, and the first one of a development service."""

import secrets
from datetime import timedelta

from doorward.auth import Auth, retried
from doorward.cli.running import OPERATOR
from doorward.domain.errors import AuthError
from doorward.domain.password import Password
from doorward.domain.registration import SignUp
from doorward.domain.user import Role, Status, User
from doorward.ports.store import UserQuery

FIRST = "admin@example.com"
TTL = timedelta(minutes=15)
MOST = 100
_OF_EACH_CLASS = "aA1!"


async def console_link(auth: Auth, user: User, ttl: timedelta) -> str:
    """An address that signs an administrator in once, and leads to the console."""
    token = await retried(auth.sign_in_link.make, user.id, OPERATOR, ttl=ttl)
    return f"{auth.parts.public_url}/sign-in-link?token={token}"


async def development_link(auth: Auth) -> str | None:
    """A link for the first administrator, who is made if there is none; None if no link can be had."""
    listed = await auth.list_users(UserQuery(role=Role.ADMIN, sort="created_at", limit=MOST), OPERATOR)
    usable = [user for user in listed.items if user.status is not Status.DISABLED]
    try:
        user = usable[0] if usable else await _made(auth)
        return await console_link(auth, user, TTL)
    except AuthError:
        return None


async def _made(auth: Auth) -> User:
    """An administrator whose password nobody knows; he comes in by links, or sets one by mail."""
    password = Password.typed(secrets.token_urlsafe(12) + _OF_EACH_CLASS)
    sign_up = SignUp(email=FIRST, password=password)
    return await retried(auth.create_user, sign_up, OPERATOR, role=Role.ADMIN, verified=True)
