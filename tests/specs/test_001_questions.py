"""The ten questions that specification 001 ends with are answered, with files and tests that exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`((?:src|tests|docs)/[\w/.-]+)(?:::(\w+))?`")


def answers():
    """Each section's text by its number."""
    text = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
    return re.findall(r"^## (\d+)\. .*?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)


def test_all_ten_are_answered():
    """In their order."""
    assert [int(number) for number, _ in answers()] == list(range(1, 11))


@pytest.mark.parametrize(("number", "answer"), answers(), ids=[number for number, _ in answers()])
def test_an_answer_names_code_and_a_test_that_exist(number, answer):
    """A file of the product or of the documents, and at least one test by name."""
    named = NAMED.findall(answer)

    missing = []
    for file, test in named:
        path = ROOT / file
        tree = ast.parse(path.read_text(encoding="utf-8")) if test and path.is_file() else ast.Module([], [])
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        missing += [] if path.exists() and (not test or test in functions) else [f"{file}::{test}"]
    assert missing == []
    assert any(test for _, test in named)
    assert any(not test for _, test in named)
