"""The console's frame: for administrators only, on every address it has."""

from uuid import uuid4

import pytest

from doorward.cli.running import EXAMPLE_URL, unopened
from support.browser import Browser
from support.operator import PASSWORD, Operator, administrator

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


def routes_of(router):
    """Method and path of all routes, also of routers within routers."""
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes_of(inner)
        elif getattr(route, "path", "").startswith("/admin"):
            yield from ((method, route.path) for method in route.methods)


def console_routes():
    with unopened("modern", public_url=EXAMPLE_URL, smtp_url=None, sms_url=None) as service:
        app = service.app()
        for route in app.routes:  # the first who asks for a page has them added
            route.matches({"type": "http", "method": "GET", "path": "/admin", "headers": []})
        return sorted(set(routes_of(app.router)))


ROUTES = console_routes()


def filled(path):
    """A path with ids that nobody has."""
    for name in ("user_id:uuid", "session_id:uuid", "batch", "row_id", "item_id", "act"):
        path = path.replace(f"{{{name}}}", "lock" if name == "act" else str(uuid4()))
    return path


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("modern")


@pytest.fixture(scope="module")
def root(service):
    return administrator(service)


@pytest.fixture(scope="module")
def user(service):
    return Operator(service)


def test_the_console_has_its_routes():
    """Or the tests below would say nothing."""
    assert {("GET", "/admin"), ("GET", "/admin/users"), ("POST", "/admin/users/change")} <= set(ROUTES)
    assert len(ROUTES) > 10


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_users_are_refused(user, method, path):
    """403 and the page that says so, on every address."""
    asked = {"Accept": "text/html", "Origin": user.service.url}
    answer = user.http.request(method, filled(path), headers=asked, data={"x": "y"} if method == "POST" else None)

    assert answer.status_code == 403
    assert "You may not do this." in answer.text


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_strangers_are_led_away(service, method, path):
    """To where they can sign in; nothing is done and nothing told."""
    asked = {"Accept": "text/html", "Origin": service.url}
    data = {"x": "y"} if method == "POST" else None
    answer = service.client().request(method, filled(path), headers=asked, data=data)

    assert answer.status_code in (303, 307)
    assert answer.headers["Location"].startswith("/v1/sessions/refresh/page?next=%2Fadmin")


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "POST"])
def test_forms_of_other_sites_are_refused(root, path, headers):
    """Also when an administrator is signed in."""
    answer = root.http.post(filled(path), data={"x": "y"}, headers={"Accept": "text/html"} | headers)

    assert answer.status_code == 403
    assert "came from another site" in answer.text


def test_a_token_is_no_way_into_the_console(root):
    """Pages are for browsers: a header counts for nothing."""
    token = root.cookie("doorward_session")
    answer = root.service.client().get("/admin", headers={"Authorization": f"Bearer {token}", "Accept": "text/html"})

    assert answer.status_code == 303


def test_one_is_led_back_to_the_page_that_was_asked_for(service):
    """With its filter."""
    wanted = "/admin/users?status=LOCKED&q=ada"
    visitor = Operator(service, "--role", "admin")
    visitor.open("/account").send("/sign-out").open(wanted)
    asked = visitor.path
    visitor.send("/sign-in", identifier=visitor.email, password=PASSWORD)

    assert (asked, visitor.path) == ("/sign-in", "/admin/users")
    assert visitor.answer.url.query == b"status=LOCKED&q=ada"


def test_the_way_in_is_shown_to_administrators_only(root, user):
    """On the pages of one's own account."""
    assert 'href="/admin"' in root.open("/account").answer.text
    assert 'href="/admin"' not in user.open("/account").answer.text


def test_the_frame_says_who_and_where(root):
    """Name, ways out, all parts of the console, and which of them this is."""
    page = root.open("/admin/users").answer.text

    assert f"Signed in as {root.email}" in page
    for to in (
        "/account",
        "/admin",
        "/admin/users",
        "/admin/audit",
        "/admin/outbox",
        "/admin/settings",
        "/admin/health",
    ):
        assert f'href="{to}"' in page
    assert '<a href="/admin/users" aria-current="page">' in page
    assert "unsafe" not in root.answer.headers["Content-Security-Policy"]
    assert root.answer.headers["Cache-Control"] == "no-store"


def test_who_is_no_longer_an_administrator_is_out_at_once(service, root):
    """With the next request."""
    other = administrator(service)
    before = other.status("/admin")
    root.open(f"/admin/users/{other.id}").send(f"/admin/users/{other.id}/role", role="user")

    assert (before, other.status("/admin")) == (200, 403)


def test_one_can_sign_out_from_the_console(service):
    """And is out."""
    visitor: Browser = administrator(service)
    visitor.open("/admin").send("/sign-out")

    assert visitor.path == "/sign-in"
    assert visitor.open("/admin").path == "/sign-in"
