"""Who asks: bearer token, session cookie, or HTTP Basic where a dialect takes it."""

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from fastapi import Depends, Request, Response
from fastapi.security import HTTPBasic, OAuth2PasswordBearer

from doorward.auth import Auth
from doorward.domain.actor import Actor, Current, PasswordOwner
from doorward.domain.errors import AuthError, CrossSite, InvalidCredentials, LookingOnly, TokenInvalid
from doorward.domain.password import Password
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.methods.session_opening import SignedIn
from doorward.use_cases.refresh_session import Refreshed

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
REFRESH_PATH = "/v1/sessions/refresh"
WAITING_SECONDS = 24 * 3600
NAME_SECONDS = 600


class DocumentedBasic(HTTPBasic):
    """Only for the OpenAPI document: FastAPI's own reading takes nothing but ASCII and answers in its own words."""

    async def __call__(self, request: Request) -> None:  # type: ignore[override]  # it reads nothing
        """Leave the header to `read_basic`."""


# For the OpenAPI document and its Authorize button; the reading is done below.
bearer_scheme = OAuth2PasswordBearer(
    tokenUrl="/oauth/token", scheme_name="bearer", description="Sign in with identifier and password.", auto_error=False
)
basic_scheme = DocumentedBasic(scheme_name="basic", description="E-mail as the user name, and the password.")


BASIC_CHALLENGE = 'Basic realm="doorward", charset="UTF-8"'


@dataclass(frozen=True, slots=True)
class BasicCredentials:
    """What an Authorization header of the Basic scheme says (RFC 7617, UTF-8)."""

    identifier: str
    password: Password = field(repr=False)


def read_basic(header: str | None) -> BasicCredentials:
    """Read the header; the first colon separates.

    Raises:
        InvalidCredentials: it is missing, of another scheme, or broken.
    """
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        raise InvalidCredentials
    try:
        identifier, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except ValueError:
        raise InvalidCredentials from None
    if not colon:
        raise InvalidCredentials
    return BasicCredentials(identifier, Password.typed(password))


@dataclass(frozen=True, slots=True)
class Cookies:
    """The cookies of a browser: no page can read them, and over TLS no sibling host can plant them, but one.

    The refresh token's has a path of its own, so that it travels on one route only; that costs it `__Host-`.
    """

    is_secure: bool

    @property
    def session(self) -> str:
        return "__Host-doorward_session" if self.is_secure else "doorward_session"

    @property
    def refresh(self) -> str:
        return "__Secure-doorward_refresh" if self.is_secure else "doorward_refresh"

    @property
    def waiting(self) -> str:
        """The handle of what waits for its proof."""
        return "__Host-doorward_verification" if self.is_secure else "doorward_verification"

    def set_waiting(self, response: Response, handle: str) -> None:
        """Remember what waits, for a day; an empty handle forgets it."""
        self._set(response, self.waiting, handle, path="/", max_age=WAITING_SECONDS if handle else 0)

    @property
    def name(self) -> str:
        """With which one signs in next; never in an address, where proxies write it down."""
        return "__Host-doorward_name" if self.is_secure else "doorward_name"

    def set_name(self, response: Response, name: str) -> None:
        """Remember it for the next form; an empty name forgets it. Cookies are ASCII, names need not be."""
        self._set(response, self.name, quote(name, safe="@"), path="/", max_age=NAME_SECONDS if name else 0)

    @property
    def looking(self) -> str:
        """That one looked; it stays when the time is over, so that no form is sent on in another's name."""
        return "__Host-doorward_looking" if self.is_secure else "doorward_looking"

    def stop_looking(self, request: Request, response: Response) -> None:
        """Forget it where it was noted."""
        if self.looking in request.cookies:
            self._set(response, self.looking, "", path="/", max_age=0)

    def set_looking(self, response: Response) -> None:
        """Note it, until a session begins that is one's own."""
        self._set(response, self.looking, "1", path="/", max_age=WAITING_SECONDS)

    def set(self, response: Response, access: str, refresh: str | None, *, max_age: int, refresh_age: int) -> None:
        """Put the access token into one cookie and the refresh token into another with a narrow path."""
        self._set(response, self.session, access, path="/", max_age=max_age)
        if refresh is not None:
            self._set(response, self.refresh, refresh, path=REFRESH_PATH, max_age=refresh_age)

    def clear(self, response: Response) -> None:
        """Take both away."""
        self._set(response, self.session, "", path="/", max_age=0)
        self._set(response, self.refresh, "", path=REFRESH_PATH, max_age=0)

    def leave(self, response: Response) -> None:
        """Take the session's away; the refresh token that stays is of another session."""
        self._set(response, self.session, "", path="/", max_age=0)
        self._set(response, self.looking, "", path="/", max_age=0)

    def _set(self, response: Response, name: str, value: str, *, path: str, max_age: int) -> None:
        response.set_cookie(
            name, value, max_age=max_age, path=path, secure=self.is_secure, httponly=True, samesite="lax"
        )


class Security:
    """Dependencies that tell a route who asks."""

    def __init__(self, config: HttpConfig) -> None:
        self._auth: Auth = config.auth
        self._config = config
        self.cookies = Cookies(config.is_secure)

    def current(self, *, may_look: bool | None = None) -> Callable[..., Awaitable[Current]]:
        """The signed-in user of a request.

        Args:
            may_look: whether an administrator who looks as this user is let in; None: where nothing is changed.
        """

        async def find(request: Request, _: str | None = Depends(bearer_scheme)) -> Current:
            return _let_in(request, await self._auth.authenticate(self._access_token(request)), may_look)

        return find

    def current_by_cookie(self, *, may_look: bool | None = None) -> Callable[..., Awaitable[Current]]:
        """The signed-in user of a page; `may_look` as above."""

        async def find(request: Request) -> Current:
            current = await self._auth.authenticate(_only_cookie(request, self.cookies.session) or "")
            return _let_in(request, current, may_look)

        return find

    def current_if_any(self) -> Callable[..., Awaitable[Current | None]]:
        """The signed-in user of a page that is for everybody."""

        async def find(request: Request) -> Current | None:
            try:
                cookie = _only_cookie(request, self.cookies.session)
                return await self._auth.authenticate(cookie) if cookie else None
            except AuthError:
                return None

        return find

    def password_owner(self) -> Callable[..., Awaitable[PasswordOwner]]:
        """Who may change a password: the signed-in user, or whoever has the `change_token` of an expired one."""

        async def find(request: Request, _: str | None = Depends(bearer_scheme)) -> PasswordOwner:
            return await self._auth.authenticate.password_owner(self._access_token(request))

        return find

    def actor(self) -> Callable[..., Awaitable[Actor]]:
        """The signed-in user as somebody who acts on others."""
        current = self.current()

        async def find(request: Request, found: Current = Depends(current)) -> Actor:
            return Actor(found.user, client_of(request, self._config.trusted_proxies))

        return find

    def basic(self) -> Callable[..., BasicCredentials]:
        """The credentials of a request that carries them itself."""

        async def read(request: Request, _: object = Depends(basic_scheme)) -> BasicCredentials:
            request.state.challenge = BASIC_CHALLENGE
            return read_basic(request.headers.get("authorization"))

        return read  # type: ignore[return-value]  # FastAPI awaits it

    def must_be_same_site(self, request: Request) -> None:
        """Refuse what a foreign page made the browser send: cookies travel with it, its origin tells."""
        origin = request.headers.get("origin")
        is_foreign = origin is not None and not self._is_own(origin, request)
        if is_foreign or request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            raise CrossSite

    def refresh_cookie(self, request: Request) -> str | None:
        """The refresh token of a browser."""
        token = _only_cookie(request, self.cookies.refresh)
        if token is not None:
            self.must_be_same_site(request)
        return token

    def waiting_cookie(self, request: Request) -> str:
        """The handle of what waits; empty without one, or with more: a neighbour may have planted the other."""
        try:
            return _only_cookie(request, self.cookies.waiting) or ""
        except TokenInvalid:
            return ""

    def name_cookie(self, request: Request) -> str:
        """With which somebody is about to sign in; empty without a cookie, or with more."""
        try:
            return unquote(_only_cookie(request, self.cookies.name) or "")[:320]
        except TokenInvalid:
            return ""

    def own_refresh_cookie(self, request: Request) -> str:
        """The refresh token of a browser that was sent here by a page of ours.

        Raises:
            TokenInvalid: there is none, or not one of each cookie.
        """
        _only_cookie(request, self.cookies.session)
        token = _only_cookie(request, self.cookies.refresh)
        if token is None:
            raise TokenInvalid
        return token

    def deliver(self, response: Response, signed_in: SignedIn | Refreshed) -> None:
        """Set the cookies of a new session."""
        refresh_age = int((signed_in.session.expires_at - signed_in.session.created_at).total_seconds())
        self.cookies.set(
            response,
            signed_in.access.token,
            signed_in.refresh_token,
            max_age=signed_in.access.expires_in,
            refresh_age=refresh_age,
        )

    def _access_token(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            return token.strip()
        cookie = _only_cookie(request, self.cookies.session)
        if scheme or not cookie:
            raise TokenInvalid
        if request.method not in SAFE_METHODS:
            self.must_be_same_site(request)
        return cookie

    def _is_own(self, origin: str, request: Request) -> bool:
        own = urlsplit(self._config.public_url)
        try:
            shown = urlsplit(origin)
        except ValueError:
            return False
        if (shown.scheme, shown.netloc) == (own.scheme, own.netloc):
            return True
        # In development the page may be opened as localhost or 127.0.0.1.
        return self._config.is_dev and shown.netloc == request.headers.get("host")


def _let_in(request: Request, current: Current, may_look: bool | None) -> Current:
    """Raise LookingOnly where somebody who only looks would change something."""
    is_allowed = request.method in SAFE_METHODS if may_look is None else may_look
    if current.session.acting_id is not None and not is_allowed:
        raise LookingOnly
    return current


def _only_cookie(request: Request, name: str) -> str | None:
    """The value of a cookie.

    Raises:
        TokenInvalid: it came twice. A neighbouring host can add one of this name, and no order tells which is ours.
    """
    pairs = [part.partition("=") for line in request.headers.getlist("cookie") for part in line.split(";")]
    if sum(found.strip() == name for found, _, _ in pairs) > 1:
        raise TokenInvalid
    return request.cookies.get(name)
