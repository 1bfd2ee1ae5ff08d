"""What the OpenAPI document says beyond the types: this service's policies, where a schema can say them."""

from collections.abc import Iterable, Mapping
from typing import Any

from doorward.auth import Policies
from doorward.domain.policies.password import PasswordPolicy
from doorward.http.problems import RULES
from doorward.http.schemas import PRINTABLE, Problem

SIGN_UPS = ("SignUpBody", "NewUser", "PersonAndPassword", "NewAccount", "NewUserRecord")
CLASSES = {"upper": "no_uppercase", "lower": "no_lowercase", "digit": "no_digit", "special": "no_special"}
NOT_BLANK = r"\S"
NOT_BLANK_NAME = PRINTABLE.replace("*$", r"*[^\s\u0000-\u001f\u007f-\u009f]") + PRINTABLE.removeprefix("^")
Schema = dict[str, Any]


def complete(document: Schema, policies: Policies) -> Schema:
    """Add what the types do not know."""
    schemas = document["components"]["schemas"]
    schemas["Problem"] = Problem.model_json_schema()
    for name, schema in schemas.items():
        properties = schema.get("properties", {})
        if name in SIGN_UPS:
            _require(schema, [*policies.registration.required_fields, *_always(schema)])
            _explain_password(properties["password"], policies.password)
        if "new_password" in properties:
            _explain_password(properties["new_password"], policies.password)
    if "VerifyBody" in schemas:
        _explain_proof(schemas["VerifyBody"], policies.verification.link_needs)
    return document


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


def _explain_password(member: Schema, policy: PasswordPolicy) -> None:
    needs = [RULES[CLASSES[name]] for name in policy.require]
    member |= {"minLength": policy.min_length, "maxLength": policy.max_length}
    if needs:
        member["description"] = f"It {', '.join(needs)}."


def _explain_proof(schema: Schema, link_needs: str) -> None:
    """Say what belongs together: a code with its sign-up's handle, a link's token with what it needs."""
    with_link = ["code"] if link_needs == "code" else ["verification", "password"]
    pairs = [("verification", "code"), *(("token", name) for name in with_link)]
    schema["anyOf"] = [_with(*pair, minLength=1) for pair in pairs]
