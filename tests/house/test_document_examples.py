"""Every operation of every profile is shown by example, and each example is one that its own schema takes."""

import re
from collections import Counter

import jsonschema_rs
import pytest

from doorward.cli.openapi import document
from doorward.domain.password import Password
from doorward.http.problems import PROBLEMS
from doorward.settings import load, profile_names

JSON = ("application/json", "application/problem+json")


@pytest.fixture(scope="module", params=profile_names())
def profile(request):
    return request.param


@pytest.fixture(scope="module")
def shown(profile):
    """The profile's OpenAPI document."""
    return document(profile)


@pytest.fixture(scope="module")
def operations(shown):
    """All operations."""
    return [operation for path in shown["paths"].values() for operation in path.values()]


def media_of(operation):
    """(where, media) of each JSON body and of each JSON answer."""
    sides = {"body": operation.get("requestBody", {}), **operation["responses"]}
    return [
        (f"{operation['operationId']} {name}", side["content"][kind])
        for name, side in sides.items()
        for kind in JSON
        if kind in side.get("content", {})
    ]


def examples_of(media, document):
    """Those of the media type, else those of its schema."""
    if "examples" in media:
        return [example["value"] for example in media["examples"].values()]
    if "example" in media:
        return [media["example"]]
    name = media["schema"].get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"].get(name, media["schema"]).get("examples", [])


def judged(policy, text):
    """The rules that a password breaks."""
    return policy.violations(Password.typed(text), pointer="", own_words=("ada",), is_common=False)


def test_operations_have_short_unique_ids(operations):
    """They become method names of generated clients."""
    ids = Counter(operation["operationId"] for operation in operations)

    assert [name for name, count in ids.items() if count > 1] == []
    assert [name for name in ids if not re.fullmatch(r"[a-z][a-z_]{1,29}", name)] == []


def test_every_body_and_answer_has_examples_that_its_schema_takes(shown, operations):
    """A reader sees what to send and what comes; formats count too."""
    silent, wrong = [], []
    for where, media in (pair for operation in operations for pair in media_of(operation)):
        schema = {**media["schema"], "components": shown["components"]}
        judge = jsonschema_rs.validator_for(schema, validate_formats=True)
        found = examples_of(media, shown)
        silent += [] if found else [where]
        wrong += [(where, error.message) for example in found for error in judge.iter_errors(example)]

    assert silent == []
    assert wrong == []


def test_every_named_example_is_one_of_its_schema(shown):
    """Also of parts that stand in no body by themselves, and of single members."""
    schemas, wrong = shown["components"]["schemas"], []
    for name, schema in schemas.items():
        members = {f"{name}.{member}": one for member, one in schema.get("properties", {}).items()}
        for where, one in {name: schema, **members}.items():
            judge = jsonschema_rs.validator_for({**one, "components": shown["components"]}, validate_formats=True)
            wrong += [(where, e.message) for given in one.get("examples", ()) for e in judge.iter_errors(given)]

    assert wrong == []


def test_refusals_show_their_own_code_and_status(operations):
    """The example named `busy` is the refusal with the code `busy`, under the status that it is answered with."""
    for operation in operations:
        for status, answer in operation["responses"].items():
            given = answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
            for code, example in given.items():
                value = example["value"]
                assert (value["code"], value["title"]) == (code, PROBLEMS[code].title)
                assert str(value["status"]) == status


def test_passwords_in_examples_keep_the_rules(profile, shown):
    """What a sign-up shows could be sent: long enough, and with every class of characters that is asked for."""
    policy = load({"profile": profile}).settings.password
    given = {
        (name, member): text
        for name, schema in shown["components"]["schemas"].items()
        if "properties" in schema
        for member, text in schema["examples"][0].items()
        if isinstance(text, str) and schema["properties"][member].get("minLength", 0) > 1 and "password" in member
    }

    assert len(given) >= 3
    broken = {where: judged(policy, text) for where, text in given.items()}
    assert {where: found for where, found in broken.items() if found} == {}
