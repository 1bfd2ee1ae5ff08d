"""The OpenAPI document and its pages."""

import re

import pytest

OPERATIONS = ("get", "post", "put", "patch", "delete")
OUTSIDE = re.compile(r"""(?:src|href)\s*=\s*["'](?:https?:)?//|url\(\s*["']?https?:|@import""", re.IGNORECASE)
BASIC = {"/v1/users/activate", "/v1/users/resend-code", "/v1/users/correct-address"}
PROFILES = ("modern", "signup-signin", "code-activation")


@pytest.fixture(scope="module")
def clients(launch_module):
    """One started service for each profile."""
    return {name: launch_module(name, env={"DOORWARD_DOCS": "on"}).client() for name in PROFILES}


@pytest.fixture(scope="module", params=PROFILES)
def http(request, clients):
    return clients[request.param]


@pytest.fixture(scope="module")
def document(http):
    return http.get("/openapi.json").raise_for_status().json()


@pytest.fixture(scope="module")
def operations(document):
    """(method, path, operation) of all."""
    return [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in OPERATIONS
    ]


def test_operations_have_short_unique_ids(operations):
    """They become method names of generated clients."""
    ids = [operation["operationId"] for _, _, operation in operations]

    assert len(ids) == len(set(ids)) >= 30
    assert [name for name in ids if not re.fullmatch(r"[a-z][a-z_]{1,29}", name)] == []


def test_every_operation_says_what_it_does(operations):
    """A summary, a description, a tag."""
    silent = [
        path
        for _, path, operation in operations
        if not (operation.get("summary") and operation.get("description") and operation.get("tags"))
    ]

    assert silent == []


def test_json_bodies_take_no_unknown_members(document, operations):
    """And the document says so."""
    names = set()
    for _, _, operation in operations:
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        names |= {part["$ref"].rpartition("/")[2] for part in (schema, *schema.get("anyOf", [])) if "$ref" in part}

    schemas = document["components"]["schemas"]

    assert len(names) >= 9
    assert [name for name in names if schemas[name].get("additionalProperties") is not False] == []


def test_what_people_type_has_examples(document):
    """Identifiers and passwords can be sent as they are shown."""
    schemas = document["components"]["schemas"]

    assert schemas["SignUpBody"]["properties"]["email"]["examples"] == ["ada@example.com"]
    assert schemas["SignUpBody"]["properties"]["password"]["examples"]
    assert schemas["SignInBody"]["properties"]["identifier"]["examples"] == ["ada@example.com"]


def test_passwords_are_marked(document):
    """So that a form hides them."""
    marked = [
        (name, member, property_)
        for name, schema in document["components"]["schemas"].items()
        for member, property_ in schema.get("properties", {}).items()
        if member.endswith("password") and name.endswith("Body")
    ]

    assert len(marked) >= 5
    assert [m[:2] for m in marked if "password" not in str(m[2].get("format", m[2].get("anyOf")))] == []


def test_operations_name_their_security(document, operations):
    """Bearer for the signed-in, Basic where the credentials come along, nothing for strangers."""
    secured = {(method, path): operation.get("security") for method, path, operation in operations}

    for (_, path), security in secured.items():
        if path.startswith(("/v1/me", "/v1/admin", "/v1/audit", "/change-password", "/audit")):
            assert security == [{"bearer": []}]
        elif path in BASIC:
            assert security == [{"basic": []}]
    assert secured["post", "/v1/sessions"] is None
    schemes = document["components"]["securitySchemes"]
    assert schemes["bearer"]["flows"]["password"]["tokenUrl"] == "/oauth/token"


def test_authorize_works_as_the_document_says(clients, mailbox):
    """What the button does: a form to the token address, then the bearer token."""
    http = clients["signup-signin"]
    document = http.get("/openapi.json").json()
    body = {"first_name": "Ada", "last_name": "L", "email": "authorize@example.com", "password": "Correct-Horse-7"}
    http.post("/signup", json=body).raise_for_status()

    url = document["components"]["securitySchemes"]["bearer"]["flows"]["password"]["tokenUrl"]
    form = {"grant_type": "password", "username": body["email"], "password": body["password"]}
    token = http.post(url, data=form).json()["access_token"]

    assert http.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_refusals_are_documented_as_problems(operations):
    """Every 4xx and 5xx has its media type and examples with a stable code."""
    for _, path, operation in operations:
        for status, response in operation["responses"].items():
            if status[0] in "45" and (path, status) != ("/oauth/token", "400"):
                assert "application/problem+json" in response["content"], (path, status)
                assert response["content"]["application/problem+json"]["examples"], (path, status)


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_pages_load_nothing_from_elsewhere(http, path):
    """Every script, style and picture comes from this service and is there."""
    page = http.get(path)

    assert page.status_code == 200
    assert OUTSIDE.findall(page.text) == []
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assets = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert len(assets) >= 2
    assert {http.get(asset).status_code for asset in assets} == {200}


def test_no_operation_of_another_dialect_is_there(clients):
    """A dialect adds its own paths and no others."""
    paths = {name: set(http.get("/openapi.json").json()["paths"]) for name, http in clients.items()}

    assert paths["signup-signin"] - paths["modern"] >= {"/signup", "/signin", "/change-password", "/audit"}
    assert paths["code-activation"] - paths["modern"] == BASIC
    assert not {path for path in paths["modern"] if not path.startswith(("/v1/", "/oauth/", "/.well-known/"))} - {
        *("/health", "/livez", "/readyz"),
    }


def test_the_document_introduces_itself(document):
    """What it is, where it is served, whom to ask, and what each group of operations is for."""
    used = {tag for item in document["paths"].values() for operation in item.values() for tag in operation["tags"]}
    described = {tag["name"]: tag["description"] for tag in document["tags"]}

    assert used == set(described)
    assert all(described.values())
    assert document["info"]["description"]
    assert document["info"]["contact"]["url"].startswith("http")
    assert [server["url"] for server in document["servers"]] == ["/"]
