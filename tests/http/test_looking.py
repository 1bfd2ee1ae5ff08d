"""An administrator sees an account as its owner does: nothing of it can be changed, and it is no secret."""

import re

import pytest

from support.operator import PASSWORD, Operator, administrator

WHY = "she cannot find her devices"
BEARER = {"security": [{"bearer": []}]}


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("modern", env={"DOORWARD_DOCS": "on"})


@pytest.fixture
def root(service):
    return administrator(service)


@pytest.fixture
def ada(service):
    return Operator(service, "--first-name", "Ada")


@pytest.fixture
def looking(root, ada):
    """The administrator's window, in Ada's account."""
    root.open(f"/admin/users/{ada.id}").send(f"/admin/users/{ada.id}/look", reason=WHY)
    assert root.path == "/account", root.text
    return root


def test_every_page_says_that_one_only_looks(looking, ada):
    """With the way back and the end of it; no page of the console, for it is Ada's session."""
    for path in ("/account", "/account/security", "/account/activity", "/account/data"):
        shown = looking.open(path).text
        assert f"You see the account of {ada.email} as its owner does" in shown
        assert "Back to the console" in shown
    assert looking.status("/admin") == 403
    assert "Back to the console" in looking.open("/admin").text
    assert "<fieldset disabled" in looking.open("/account").answer.text


@pytest.mark.parametrize("path", ["/v1/session", "/v1/forward-auth"])
def test_host_applications_are_not_told_that_it_is_ada(looking, path):
    """What they do on such an answer would be done in her name."""
    answer = looking.http.get(path)

    assert (answer.status_code, answer.json()["code"]) == (403, "looking_only")


def test_no_form_of_the_account_does_anything(looking, ada, service):
    """All of them are refused, with the right password too."""
    found = {
        form
        for path in ("/account", "/account/security", "/account/activity", "/account/data", "/account/contact/email")
        for form in re.findall(r'<form method="post" action="(/account[^"]+)"', looking.open(path).answer.text)
    }
    typed = {"current_password": PASSWORD, "new_password": "Other-trains-8"}
    changing = {path: looking.post(path, **typed).status_code for path in found - {"/account/looking/end"}}

    assert len(changing) >= 6
    assert set(changing.values()) == {403}
    assert ada.status("/account") == 200
    assert service.records("users", id=ada.id)[0]["status"] == "ACTIVE"


def test_no_operation_of_the_api_does_anything(looking, service):
    """Whatever takes a bearer token and is no reading answers 403 `looking_only`, or was refused before that."""
    token = looking.http.cookies["doorward_session"]
    paths = looking.http.get("/openapi.json").json()["paths"]
    changing = [
        (method, path)
        for path, item in paths.items()
        for method, operation in item.items()
        if method in ("post", "put", "patch", "delete") and {"bearer": []} in operation.get("security", [])
    ]
    answers = {
        (method, path): looking.http.request(
            method.upper(),
            re.sub(r"\{[^}]+\}", "01900000-0000-7000-8000-000000000000", path),
            headers={"Authorization": f"Bearer {token}"},
        )
        for method, path in changing
    }

    assert len(changing) > 10
    assert {key: a.json()["code"] for key, a in answers.items() if a.json()["code"] != "looking_only"} == {}
    export = looking.http.get("/v1/me/export", headers={"Authorization": f"Bearer {token}"})
    assert export.json()["code"] == "looking_only"
    assert looking.http.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_the_way_back_ends_it(looking, ada, service):
    """The console is there again without signing in, and the session of looking is over."""
    token = looking.http.cookies["doorward_session"]
    looking.open("/account").send("/account/looking/end")

    assert looking.path == f"/admin/users/{ada.id}"
    assert looking.http.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_what_is_sent_when_the_time_is_over_changes_nobody(looking, service, root):
    """The refresh cookie is the administrator's: a form that was meant for Ada must not reach his own account."""
    looking.http.cookies.delete("doorward_session")
    answer = looking.post("/account/profile", first_name="Victim", last_name="Name")

    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
    assert looking.open("/admin").path == "/admin"
    assert service.records("users", id=root.id)[0]["first_name"] == ""


def test_there_is_no_signing_out_of_somebody_elses_account(looking):
    """Only the way back: the administrator's own session would stay behind."""
    assert 'action="/sign-out"' not in looking.open("/account").answer.text
    assert looking.post("/sign-out").status_code == 403


def test_the_owner_is_told_and_ends_it(looking, ada):
    """It stands among her devices and in her activity, without name or reason."""
    assert "an administrator, looking only" in ada.open("/account/security").text
    seen = ada.open("/account/activity").text
    ada.open("/account/security").send("/account/security/devices/others/end")

    assert "An administrator looked at the account" in seen
    assert WHY not in seen
    assert "Sign in" in looking.open("/account").text or looking.path != "/account/security"


def test_a_reason_is_needed(root, ada, service):
    """Without one nothing is opened; with one it stands in the audit log."""
    page = f"/admin/users/{ada.id}"
    refused = root.open(page).send(f"{page}/look", reason="  ")
    assert refused.answer.status_code == 422

    root.open(page).send(f"{page}/look", reason=WHY)
    (row,) = service.records("audit_logs", user_id=ada.id, event_type="ACCOUNT_LOOKED_AT")
    assert (row["details"]["reason"], row["details"]["by"]) == (WHY, root.id)


def test_only_administrators_look_and_not_at_each_other(service, root, ada):
    """Nor from a foreign page, nor back from where one never was."""
    other, eve = administrator(service), Operator(service)

    assert root.post(f"/admin/users/{other.id}/look", reason=WHY).status_code == 403
    assert eve.post(f"/admin/users/{ada.id}/look", reason=WHY).status_code == 403
    assert eve.post("/account/looking/end").status_code == 403
    foreign = {"Origin": "https://evil.example"}
    assert root.post(f"/admin/users/{ada.id}/look", headers=foreign, reason=WHY).status_code == 403
    assert [row for row in service.records("sessions", user_id=other.id) if row["acting_id"]] == []
