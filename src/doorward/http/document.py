"""What the OpenAPI document says beyond the types: this service's policies, where a schema can say them."""

from collections.abc import Iterable, Mapping
from typing import Any

from doorward.auth import Policies
from doorward.domain.policies.password import PasswordPolicy
from doorward.http import examples
from doorward.http.problems import RULES
from doorward.http.routing import problem_example, refusals
from doorward.http.schemas import PRINTABLE, Problem

SIGN_UPS = ("SignUpBody", "NewUser", "PersonAndPassword", "NewAccount", "NewUserRecord")
PAGES = {"/verify": "verify_page", "/reset-password": "reset_page", "/forgot-password": "forgot_page"}
ABOUT = (
    "User accounts: sign-up, verification, sign-in, sessions, passwords, audit. Refusals are problems (RFC 9457); "
    "their `type` leads to a page that says what happened and what to do."
)
TAGS = {
    "Accounts": "Sign up and prove the address.",
    "Administration": "All accounts, for administrators.",
    "Audit": "What happened: to oneself, and to everybody.",
    "Development": "The inbox in which `doorward dev` catches letters.",
    "E-mail or phone": "The routes of the profile `email-or-phone`.",
    "Link activation": "The routes of the profile `link-activation`.",
    "My account": "One's own account.",
    "OAuth 2.0": "Tokens for whoever speaks RFC 6749.",
    "OAuth 2.0 password": "The routes of the profile `oauth2-password`.",
    "Operations": "Whether the service is well, and its public keys.",
    "Pages": "Forms for people.",
    "Passwords": "Change, forget and reset; the rules.",
    "Sessions": "Sign in and out, and where one is signed in.",
    "Sign-up and sign-in": "The routes of the profile `signup-signin`.",
    "User records": "Users of the profile `link-activation`.",
}
CLASSES = {"upper": "no_uppercase", "lower": "no_lowercase", "digit": "no_digit", "special": "no_special"}
PARAMETERS = {
    "action": "What to do with the account.",
    "cursor": "The `next_cursor` of the page before; none for the first page.",
    "event_type": "Rows of this event only.",
    "limit": "How many at most.",
    "q": "What the address, its domain, the number, the user name or the names begin with, or an id.",
    "role": "Accounts with this role only.",
    "session_id": "The `id` in the list of sessions.",
    "since": "From this moment on.",
    "sort": "The order; a minus turns it round.",
    "status": "Accounts in this state only.",
    "to": "Letters to this address only.",
    "token": "What the mailed link carries.",
    "until": "Before this moment.",
    "user_id": "The account's `id`.",
    "verified": "Accounts that are verified, or are not.",
    "wait": "How many seconds to wait for a letter.",
}
NOT_BLANK = r"\S"
NOT_BLANK_NAME = PRINTABLE.replace("*$", r"*[^\s\u0000-\u001f\u007f-\u009f]") + PRINTABLE.removeprefix("^")
Schema = dict[str, Any]


def complete(document: Schema, policies: Policies, public_url: str) -> Schema:
    """Add what the types do not know."""
    document["info"] |= {"description": ABOUT, "contact": {"url": public_url}}
    document["servers"] = [{"url": "/", "description": "This service."}]
    schemas = document["components"]["schemas"]
    for path, item in document["paths"].items():
        if path in PAGES:
            item["get"] = _page(PAGES[path], takes_token=path != "/forgot-password")
        for operation in item.values():
            _refuse_in_problems(operation["responses"])
            for parameter in operation.get("parameters", ()):
                parameter.setdefault("description", PARAMETERS[parameter["name"]])
    for name, schema in schemas.items():
        _explain(name, schema, policies)
    used = {tag for item in document["paths"].values() for operation in item.values() for tag in operation["tags"]}
    document["tags"] = [{"name": tag, "description": TAGS[tag]} for tag in sorted(used)]
    schemas["Problem"] = Problem.model_json_schema() | {"examples": [problem_example("not_found")]}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    examples.give(document)
    return document


def _explain(name: str, schema: Schema, policies: Policies) -> None:
    properties = schema.get("properties", {})
    if name in SIGN_UPS:
        _require(schema, [*policies.registration.required_fields, *_always(schema)])
        _explain_password(properties["password"], policies.password)
    if "new_password" in properties:
        _explain_password(properties["new_password"], policies.password, examples.NEXT_PASSWORD)
    if name == "VerifyBody":
        _explain_proof(schema, policies.verification.link_needs)


def _page(name: str, *, takes_token: bool) -> Schema:
    """The page for people at an address that takes JSON by POST."""
    token = {"name": "token", "in": "query", "schema": {"type": "string", "maxLength": 4096, "default": ""}}
    html = {"description": "A form", "content": {"text/html": {"schema": {"type": "string"}}}}
    return {
        "operationId": name,
        "tags": ["Pages"],
        "summary": name.replace("_", " ").capitalize(),
        "description": "A form for people; opening it spends nothing.",
        "parameters": [token] if takes_token else [],
        "responses": {"200": html} | (dict.fromkeys(("400", "410"), html) | {"422": {}} if takes_token else {}),
    }


def _refuse_in_problems(responses: Schema) -> None:
    """Bad input is refused as a problem, where FastAPI's own document says otherwise too."""
    if "422" in responses and "application/problem+json" not in responses["422"].get("content", ()):
        responses["422"] = refusals("validation_failed")[422]


def _always(schema: Mapping[str, Any]) -> list[str]:
    """What a dialect's own sign-up needs whatever the policy says."""
    return [name for name in ("username", "email") if name in schema.get("required", ())]


def _require(schema: Schema, names: Iterable[str]) -> None:
    """Say that members must be there and not blank; without an address or number nobody can be reached."""
    properties = schema["properties"]
    for name in dict.fromkeys(names):
        if name in properties and name != "password":
            properties[name] = _present(properties[name], NOT_BLANK_NAME if name.endswith("_name") else NOT_BLANK)
            schema["required"] = list(dict.fromkeys([*schema.get("required", ()), name]))
    if "email" in properties and not {"email", "phone"} & set(schema["required"]):
        schema["anyOf"] = [_with("email", pattern=NOT_BLANK), _with("phone", pattern=NOT_BLANK)]


def _present(member: Schema, pattern: str) -> Schema:
    typed: Schema = next((one for one in member.get("anyOf", ()) if one.get("type") != "null"), {})
    kept = {key: value for key, value in member.items() if key not in ("anyOf", "default")}
    return {**typed, **kept, "pattern": pattern}


def _with(*names: str, **rule: Any) -> Schema:
    properties = {name: {"type": "string", **rule} for name in names}
    return {"required": list(names), "properties": properties}


def _explain_password(member: Schema, policy: PasswordPolicy, usual: str = examples.PASSWORD) -> None:
    needs = [RULES[CLASSES[name]] for name in policy.require]
    member |= {"minLength": policy.min_length, "maxLength": policy.max_length}
    member["examples"] = [_password(member.get("examples", [usual])[0], usual, policy)]
    if needs:
        member["description"] = f"It {', '.join(needs)}."


def _password(own: str, usual: str, policy: PasswordPolicy) -> str:
    """A password that the policy takes: the member's own example, if that one is."""
    text = usual if policy.require or len(own) > policy.max_length else own
    return (text * policy.min_length)[: max(len(text), policy.min_length)][: policy.max_length]


def _explain_proof(schema: Schema, link_needs: str) -> None:
    """Say what belongs together: a code with its sign-up's handle, a link's token with what it needs."""
    with_link = ["code"] if link_needs == "code" else ["verification", "password"]
    pairs = [("verification", "code"), *(("token", name) for name in with_link)]
    schema["anyOf"] = [_with(*pair, minLength=1) for pair in pairs]
