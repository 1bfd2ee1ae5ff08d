"""Routes that are added when somebody asks for what no other route answers."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import NoMatchFound, Route
from starlette.testclient import TestClient

from doorward.http.app import Later


def shown(request):
    return PlainTextResponse("here")


@pytest.fixture
def app():
    """One route, and one that is added later; `app.state.made` counts how often."""
    made = Starlette(routes=[Route("/now", shown, name="now")])
    made.state.made = 0

    def add():
        made.state.made += 1
        made.router.routes.append(Route("/later", shown, name="later"))
        if made.state.is_broken:
            raise OSError("no more files")

    made.state.is_broken = False
    made.router.routes.append(Later(made.router.routes, add))
    return made


def test_nothing_is_added_before_it_is_needed(app):
    """What there is answers as ever."""
    assert TestClient(app).get("/now").text == "here"
    assert app.state.made == 0


def test_they_are_added_once(app):
    """By the very request that needs them, and by those that nobody answers."""
    client = TestClient(app)

    assert [client.get(path).status_code for path in ("/later", "/later", "/nowhere")] == [200, 200, 404]
    assert app.state.made == 1


def test_a_failure_leaves_nothing_half_added(app):
    """The next request begins anew."""
    client = TestClient(app)
    app.state.is_broken = True
    for _ in range(2):
        with pytest.raises(OSError, match="no more files"):
            client.get("/later")
    app.state.is_broken = False

    assert client.get("/later").status_code == 200
    assert [getattr(route, "path", "") for route in app.router.routes] == ["/now", "", "/later"]


def test_their_names_are_known(app):
    """And those that nobody has stay unknown, as a host application expects."""
    assert app.url_path_for("later") == "/later"
    with pytest.raises(NoMatchFound):
        app.url_path_for("nobody")
