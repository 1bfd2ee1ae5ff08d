"""Pages, headers, problem types, paths of other profiles, and the development mode."""

import re

import pytest

from doorward.http.problems import PROBLEMS
from support.member import MEMBER_PASSWORD, Member
from support.pages import action_of
from support.person import outcome

NEW = "another long walk uphill"
INLINE = re.compile(r"<script(?![^>]*src=)|<style|style=|\son\w+=", re.IGNORECASE)
ASSET = re.compile(r"""(?:src|href|action)\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]+)""", re.IGNORECASE)


@pytest.mark.parametrize("path", ["/", "/problems", "/verify", "/reset-password?token=x", "/forgot-password"])
def test_pages_are_plain_and_ask_nobody_else(http, path):
    """No inline script, no frame, nothing from another host; the token in the address is told to nobody."""
    answer = http.get(path)

    assert answer.status_code == (400 if "reset-password" in path else 200)
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert INLINE.findall(answer.text) == []
    assert ASSET.findall(answer.text) == []


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_every_problem_has_a_page(http, code):
    """For people and for programs, with the words of the answer."""
    page = http.get(f"/problems/{code}", headers={"Accept": "text/html"})
    data = http.get(f"/problems/{code}", headers={"Accept": "application/json"})

    assert (page.status_code, data.status_code) == (200, 200)
    assert code in page.text
    assert (data.json()["code"], data.json()["title"]) == (code, PROBLEMS[code].title)
    assert f"/problems/{code}" in http.get("/problems").text


def test_an_unknown_problem_has_no_page(http):
    """Whatever is asked for does not come back in the answer."""
    answer = http.get("/problems/<script>alert(1)")

    assert outcome(answer) == (404, "not_found")
    assert "script" not in answer.text


def test_the_verification_page_verifies_with_the_password(http, stranger, mailbox):
    """The form, a wrong password, the right one, and done."""
    stranger.sign_up()
    link = mailbox.link(stranger.address)
    form = {"token": link.partition("token=")[2]}

    page = http.get(link)
    wrong = http.post(action_of(http, link), data=form | {"password": "not this one"})
    right = http.post(action_of(http, link), data=form | {"password": MEMBER_PASSWORD})

    assert form["token"] in page.text
    assert wrong.status_code == 401
    assert "not this one" not in wrong.text
    assert (right.status_code, right.headers["Location"].partition("&")[0]) == (303, "/sign-in?done=verified")
    assert stranger.sign_in().status_code == 200


def test_the_reset_pages_lead_to_a_new_password(http, member, mailbox):
    """Forgot, letter, form; a weak one keeps the form and says why."""
    asked = http.post(action_of(http, "/forgot-password"), data={"identifier": member.address})
    link = mailbox.link(member.address, count=2)
    form = {"token": link.partition("token=")[2]}

    opened = http.get(link)
    weak = http.post(action_of(http, link), data=form | {"new_password": "short"})
    action = action_of(http, link)
    done, again = (http.post(action, data=form | {"new_password": NEW}) for _ in range(2))

    assert [answer.status_code for answer in (asked, opened, weak, done, again)] == [303, 200, 422, 303, 410]
    assert "at least 8 characters" in weak.text
    assert member.sign_in(password=NEW).status_code == 200


def test_what_is_typed_into_a_page_is_not_run(service):
    """A token comes back escaped, or not at all."""
    marker, client = '"><script>alert(1)</script>', service.client()

    answers = [
        client.get("/verify", params={"token": marker}),
        client.post("/verify/form", data={"token": marker}, follow_redirects=True),
    ]

    assert answers[0].status_code == 400
    assert all("<script>alert" not in answer.text for answer in answers)


def test_password_managers_find_the_way(http):
    """The well-known address leads to the page."""
    answer = http.get("/.well-known/change-password")

    assert answer.status_code == 302
    assert http.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize("path", ["/signup", "/signin", "/change-password", "/audit"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_of_another_profile_names_it(http, method, path):
    """404 with the command that serves it."""
    answer = http.request(method, path)

    assert outcome(answer) == (404, "not_found")
    assert "doorward dev --profile signup-signin" in answer.json()["detail"]


def test_a_path_of_several_profiles_names_them_all(http):
    """Also where a part of it is an id."""
    shared, record = http.post("/register"), http.get("/users/0198f5a2-0000-7000-8000-000000000000")

    for name in ("email-or-phone", "oauth2-password", "link-activation"):
        assert f"`doorward dev --profile {name}`" in shared.json()["detail"]
    assert "belongs to the profile link-activation:" in record.json()["detail"]


def test_other_unknown_paths_name_no_profile(http):
    """There is nothing to say about them."""
    answer = http.get("/nowhere")

    assert outcome(answer) == (404, "not_found")
    assert "profile" not in answer.json()["detail"]


def test_every_answer_has_an_id_of_our_own(http):
    """What a caller sends as one is not taken over."""
    answers = [http.get("/livez", headers={"X-Request-Id": "mine"}), http.get("/nowhere"), http.post("/v1/users")]

    ids = {answer.headers["X-Request-Id"] for answer in answers}

    assert len(ids) == 3
    assert "mine" not in ids
    assert all(answer.headers["X-Content-Type-Options"] == "nosniff" for answer in answers)


def test_times_are_told_where_nothing_is_judged(service, http, member):
    """Server-Timing would be an oracle beside a password, a code or a token."""
    plain = service.client().get("/livez")
    judging = [member.sign_in(), http.get("/v1/me", headers=member.bearer), http.post("/v1/verify", json={})]

    assert "Server-Timing" in plain.headers
    assert not [answer for answer in judging if "Server-Timing" in answer.headers]


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz", "/", "/v1/policy", "/docs"])
def test_head_answers_like_get_without_a_body(http, path):
    """Health checkers and link scanners ask this way."""
    head, get = http.head(path), http.get(path)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


def test_a_limit_per_network_is_told_with_its_size(launch, address):
    """429 with Retry-After and the RateLimit fields, before anything costly happens."""
    service = launch("modern", env={"DOORWARD_LIMITS__SIGN_IN": "2/hour"})
    member = Member(service.client(), address)

    answers = [member.sign_in() for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert int(answers[2].headers["Retry-After"]) > 3000
    assert answers[2].headers["RateLimit-Policy"] == '"sign_in";q=2;w=3600'
    assert answers[2].headers["RateLimit"].startswith('"sign_in";r=0;t=')
    assert outcome(answers[2]) == (429, "too_many_requests")


@pytest.mark.parametrize("path", ["/dev/inbox", "/dev/inbox/messages", "/metrics"])
def test_serve_has_no_development_pages(http, path):
    """The inbox would show everybody's codes."""
    assert http.get(path).status_code == 404


def test_serve_shows_api_pages_only_if_told_to(launch):
    """Off unless DOORWARD_DOCS=on; and health tells no version."""
    http = launch("modern").client()

    assert {http.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")} == {404}
    assert set(http.get("/health").json()) == {"status", "checks"}


def test_dev_needs_nothing_and_catches_mail(launch, address):
    """Sign up, take the code from the inbox or the terminal, verify."""
    service = launch("modern", mode="dev")
    member = Member(service.client(), address)
    handle = member.sign_up().json()["verification"]

    found = member.http.get("/dev/inbox/messages", params={"to": address, "wait": 10}).json()["messages"]
    verified = member.http.post("/v1/verify", json={"verification": handle, "code": found[0]["code"]})

    assert set(found[0]) == {"id", "to", "subject", "text", "html", "code", "link", "received_at"}
    assert found[0]["link"].startswith(f"{service.url}/verify?token=")
    assert verified.status_code == 200
    assert service.logged(f"mail -> {address}  code {found[0]['code']}  valid 600 s")
    assert found[0]["code"] in member.http.get("/dev/inbox").text
    assert {"version", "profile", "latencies_ms"} <= set(member.http.get("/health").json())
    assert "development mode" in service.log()


def test_dev_with_a_mail_server_sends_and_catches(launch, mailbox, address):
    """The inbox shows what went out."""
    http = launch("modern", mode="dev", env={"SMTP_URL": mailbox.url}).client()
    Member(http, address).sign_up()

    found = http.get("/dev/inbox/messages", params={"to": address, "wait": 10}).json()["messages"]

    assert mailbox.code(address) == found[0]["code"]


def test_the_inbox_can_be_emptied(launch, address):
    """By the API and by the button of its page."""
    http = launch("modern", mode="dev").client()

    def count():
        return len(http.get("/dev/inbox/messages").json()["messages"])

    for clear in (lambda: http.delete("/dev/inbox/messages"), lambda: http.post("/dev/inbox/clear")):
        Member(http, address).sign_up()
        http.get("/dev/inbox/messages", params={"to": address, "wait": 10})
        assert count() == 1
        assert clear().status_code in (204, 303)
        assert count() == 0


def test_the_development_inbox_listens_on_this_machine_only(launch):
    """The address is not configurable."""
    service = launch("modern", mode="dev")

    refused = service.cli("dev", "--host", "0.0.0.0")

    assert refused.returncode == 2
    assert "--host" in refused.stderr
