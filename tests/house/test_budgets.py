"""Budgets: a file, a function and a folder stay small enough to be read at once."""

import ast
import io
import re
import statistics
import tokenize

import pytest

MAX_FILE, MAX_LIST, MAX_USE_CASE, MAX_MEDIAN = 300, 400, 120, 100
MAX_FUNCTION, MAX_POSITIONAL, MAX_DEPTH = 40, 5, 3
MAX_COMMENTS = 0.05

# Longer than others for a reason; a reason that is gone takes its line here along.
LONGER_FILES = {
    "adapters/sql/tables.py": (MAX_LIST, "a list of tables"),
    "use_cases/verify_email.py": (150, "code and link, for users and for concealed sign-ups"),
}
LONGER_FUNCTIONS = {"auth.py:assemble": "a list of abilities"}
REVISIONS = "adapters/sql/migrations/versions/"  # lists of tables, in the folders that Alembic lays out


@pytest.fixture(scope="session")
def texts(source, modules):
    return {str(path.relative_to(source)): path.read_text() for path in modules}


@pytest.fixture(scope="session")
def comments(texts):
    """Each comment, by file and line."""
    found = {}
    for name, text in texts.items():
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                found[f"{name}:{token.start[0]}"] = token.string
    return found


@pytest.fixture(scope="session")
def functions(texts):
    """Each function, by file and name."""
    trees = ((name, ast.walk(ast.parse(text))) for name, text in texts.items())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [(f"{name}:{node.name}", node) for name, nodes in trees for node in nodes if isinstance(node, kinds)]


def _limit(name):
    usual = MAX_USE_CASE if name.startswith("use_cases/") else MAX_FILE
    return LONGER_FILES.get(name, (usual, ""))[0]


def _length(function):
    """Lines from `def` to the end, without the docstring and without the functions inside, which count themselves."""
    own = set(range(function.lineno, function.end_lineno + 1))
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(getattr(first.value, "value", None), str):
        own -= set(range(first.lineno, first.end_lineno + 1))
    for inner in ast.walk(function):
        if inner is not function and isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
            begin = min([inner.lineno, *(decorator.lineno for decorator in inner.decorator_list)])
            own -= set(range(begin, inner.end_lineno + 1))
    return len(own)


def test_no_file_is_too_long(texts):
    """Source files have at most 300 lines, use cases 120; those that may have more say why."""
    lengths = {name: text.count("\n") for name, text in texts.items()}

    assert {name: length for name, length in lengths.items() if length > _limit(name)} == {}


def test_longer_use_cases_are_longer(texts):
    """What may be longer is longer, so that the list above does not outlive its reasons."""
    allowed = [name for name in LONGER_FILES if name.startswith("use_cases/")]

    assert [name for name in allowed if texts[name].count("\n") <= MAX_USE_CASE] == []


def test_most_files_are_short(texts):
    """The median source file has fewer than a hundred lines."""
    lengths = [text.count("\n") for text in texts.values() if text.count("\n") > 1]

    assert statistics.median(lengths) < MAX_MEDIAN


def test_no_test_file_is_too_long(root):
    """Test files have at most 400 lines."""
    lengths = {path.name: path.read_text().count("\n") for path in (root / "tests").rglob("*.py")}

    assert {name: length for name, length in lengths.items() if length > MAX_LIST} == {}


def test_no_function_is_too_long(functions):
    """Functions have at most 40 lines without their docstring; lists may have more."""
    lengths = {name: _length(function) for name, function in functions if not name.startswith(REVISIONS)}

    assert [name for name, length in lengths.items() if length > MAX_FUNCTION] == list(LONGER_FUNCTIONS)


def test_no_call_is_a_guessing_game(functions):
    """At most five parameters can be given by position."""
    counts = {
        name: len([a for a in (*f.args.posonlyargs, *f.args.args) if a.arg not in ("self", "cls")])
        for name, f in functions
        if not name.startswith("cli/")  # there, parameters are the options of a command and nobody calls it
    }

    assert {name: count for name, count in counts.items() if count > MAX_POSITIONAL} == {}


def test_folders_are_not_deep(texts):
    """At most three folders below the package."""
    assert [name for name in texts if name.count("/") > MAX_DEPTH and not name.startswith(REVISIONS)] == []


def test_the_sources_assert_nothing(texts):
    """`python -O` drops assertions, so the product does not lean on them."""
    found = [
        f"{name}:{node.lineno}"
        for name, text in texts.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assert)
    ]

    assert found == []


def _is_code(comment):
    """Whether a comment would do something if its `#` were gone."""
    try:
        tree = ast.parse(comment.lstrip("# ").strip())
    except SyntaxError:
        return False
    words = (ast.Name, ast.Constant, ast.Tuple, ast.Attribute)
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, words)) for node in tree.body)


def test_no_code_is_commented_out(comments):
    """What is not used is deleted; version control remembers it."""
    plain = {place: text for place, text in comments.items() if not re.match(r"# (noqa|type|fmt)\b", text)}

    assert {place: text for place, text in plain.items() if _is_code(text)} == {}


@pytest.mark.parametrize(
    ("comment", "is_code"),
    [("# x = 1", True), ("# call(it)", True), ("# return x", True), ("# import os", True), ("# why it is so", False)],
)
def test_commented_code_would_be_noticed(comment, is_code):
    """The check above tells code from words."""
    assert _is_code(comment) is is_code


def test_no_line_is_kept_from_measurement(comments):
    """Coverage counts every line: none is marked as not to be counted."""
    assert {place: text for place, text in comments.items() if "pragma" in text} == {}


def test_exceptions_to_checks_give_their_reason(comments):
    """A silenced type error names its rule and says why; a silenced lint message names its rule."""
    silencers = {place: text for place, text in comments.items() if re.search(r"type: ignore|noqa", text)}

    assert {place: text for place, text in silencers.items() if not _is_reasoned(text)} == {}


def _is_reasoned(comment):
    if "type: ignore" in comment:
        return re.search(r"type: ignore\[[\w-]+(, ?[\w-]+)*\] +(- |# )\w+", comment) is not None
    return re.search(r"noqa: [A-Z]+[0-9]+", comment) is not None


@pytest.mark.parametrize(
    ("comment", "is_reasoned"),
    [
        ("# type: ignore", False),
        ("# type: ignore[attr-defined]", False),
        ("# type: ignore[attr-defined]  # the library has no types", True),
        ("# noqa", False),
        ("# noqa: S311 - jitter, no secret", True),
    ],
)
def test_an_exception_without_reason_would_be_noticed(comment, is_reasoned):
    """The check above tells the one from the other."""
    assert _is_reasoned(comment) is is_reasoned


def test_comments_are_rare(texts, comments):
    """At most one line in twenty is commented: names and docstrings say the rest."""
    lines = sum(1 for text in texts.values() for line in text.splitlines() if line.strip())

    assert len(comments) / lines <= MAX_COMMENTS


def test_every_module_says_what_it_is(texts):
    """Each module begins with a docstring."""
    assert [name for name, text in texts.items() if text.strip() and not ast.get_docstring(ast.parse(text))] == []
