"""What the OpenAPI document promises beyond types, and refusals that programs steer by."""

import pytest

from doorward.cli.openapi import document

ALLOWED = {
    "/v1/sessions": "GET, HEAD, POST, DELETE",
    "/v1/me": "GET, HEAD, PATCH, DELETE",
    "/v1/sessions/current": "DELETE",
    "/v1/sessions/refresh": "POST",
    "/livez": "GET, HEAD",
}


@pytest.fixture(scope="module")
def schemas():
    """The schemas of a profile's document."""
    return lambda profile: document(profile)["components"]["schemas"]


@pytest.mark.parametrize("path", ALLOWED)
def test_a_refused_method_is_told_all_that_the_address_takes(http, path):
    """405 with Allow (RFC 9110 §15.5.6), also where several routes share an address."""
    answer = http.request("TRACE", path)

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == ALLOWED[path]


def test_a_word_in_place_of_an_id_is_no_session(http, member):
    """`DELETE /v1/sessions/refresh` is a wrong method, not somebody's session with that id."""
    assert http.delete("/v1/sessions/refresh").status_code == 405
    assert http.delete("/v1/sessions/unheard-of", headers=member.bearer).status_code == 404


def test_an_empty_form_is_judged_by_what_is_missing(http):
    """The token endpoint's form has no required field, so an empty request is no wrong media type."""
    answer = http.post("/oauth/token")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_what_a_sign_up_needs_stands_in_the_document(schemas):
    """The policy's required members, and a way to reach the person where none of them is one."""
    needs = {profile: set(schemas(profile)["SignUpBody"]["required"]) for profile in ("modern", "signup-signin")}

    assert needs["modern"] == {"email", "password"}
    assert needs["signup-signin"] == {"email", "password", "first_name", "last_name"}
    either = schemas("email-or-phone")["SignUpBody"]["anyOf"]
    assert [branch["required"] for branch in either] == [["email"], ["phone"]]


def test_the_password_rules_stand_in_the_document(schemas):
    """Length as numbers, character classes in words, wherever a new password is chosen."""
    for name, member in (("NewAccount", "password"), ("OldAndNewPassword", "new_password"), ("NewUser", "password")):
        rule = schemas("email-or-phone")[name]["properties"][member]
        assert (rule["minLength"], rule["maxLength"]) == (8, 20)
        assert "upper-case" in rule["description"]


def test_what_proves_an_address_stands_in_the_document(schemas):
    """A code with its handle, or the link's token with what the policy asks besides."""
    pairs = {
        p: [branch["required"] for branch in schemas(p)["VerifyBody"]["anyOf"]] for p in ("modern", "link-activation")
    }

    assert pairs["modern"] == [["verification", "code"], ["token", "verification"], ["token", "password"]]
    assert pairs["link-activation"] == [["verification", "code"], ["token", "code"]]


def test_bad_input_is_documented_as_it_is_refused():
    """No operation shows FastAPI's own form of 422."""
    paths = document("link-activation")["paths"]
    forms = {
        tuple(o["responses"]["422"]["content"]) for i in paths.values() for o in i.values() if "422" in o["responses"]
    }

    assert forms == {("application/problem+json",)}


def test_a_page_beside_a_route_is_documented():
    """Who reads the document of an address finds everything that it takes."""
    assert set(document("link-activation")["paths"]["/verify"]) == {"get", "post"}
    assert set(document("email-or-phone")["paths"]["/reset-password"]) == {"get", "post"}
    assert "/verify" not in document("modern")["paths"]


def test_members_are_documented_by_the_names_they_have(schemas):
    """`Execution Time` is a name of its own kind."""
    assert "Execution Time" in schemas("email-or-phone")["Opened"]["required"]


def test_keys_are_documented_where_there_are_some():
    """Tokens signed with a shared secret have no public keys to publish."""
    assert "/.well-known/jwks.json" in document("modern")["paths"]
    assert "/.well-known/jwks.json" not in document("oauth2-password")["paths"]
