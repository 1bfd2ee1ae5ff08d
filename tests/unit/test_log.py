"""Log lines: one line each, readable by people or programs, without what callers sent."""

import json
import logging

import pytest

from doorward.log import JsonFormatter, LineFormatter, configure, parse_levels


def record(message="request", *, error=None, **extra):
    made = logging.makeLogRecord({"name": "doorward.access", "levelname": "INFO", "msg": message, **extra})
    made.exc_info = (type(error), error, error.__traceback__) if error else None
    return made


def raised(text):
    try:
        int(text)
    except ValueError as error:
        return error


def test_a_line_is_time_level_logger_message_and_fields():
    """`TIME LEVEL logger message key=value`."""
    line = LineFormatter().format(record(status=200, path="/v1/me"))

    assert line.split(" ", 1)[1] == "INFO doorward.access request status=200 path=/v1/me"
    assert line.split(" ")[0].endswith("Z")


@pytest.mark.parametrize("value", ["a b", 'a"b', "a\nINFO forged", "a\x1b[31m", "", "a=b"])
def test_no_value_can_begin_a_line_or_a_field_of_its_own(value):
    """Line breaks, escapes and separators are quoted."""
    line = LineFormatter().format(record(reason=value))

    assert line.count("\n") == 0
    assert line.isprintable()
    assert json.loads(line.partition("reason=")[2]) == value


def test_json_has_the_same_members():
    """One object a line."""
    line = json.loads(JsonFormatter().format(record("a\nb", request_id="1")))

    assert (line["level"], line["logger"], line["message"], line["request_id"]) == (
        "INFO",
        "doorward.access",
        "a\nb",
        "1",
    )


@pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()])
def test_the_text_of_an_exception_is_not_written(formatter):
    """It may hold what a caller sent; where it happened is enough."""
    text = formatter.format(record(error=raised("planted secret")))

    assert "planted" not in text
    assert "builtins.ValueError at raised:" in text


def test_levels_can_be_set_for_each_logger():
    """A general one, then exceptions."""
    assert parse_levels("WARN, doorward.access=DEBUG") == (30, {"doorward.access": 10})


def test_an_unknown_level_is_refused():
    """With the names that there are."""
    with pytest.raises(ValueError, match="CRITICAL"):
        parse_levels("LOUD")


@pytest.fixture
def logging_restored():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_the_file_is_for_its_owner_and_levels_count(tmp_path, logging_restored):
    """INFO is not written at WARNING; the file is not open to others."""
    file = tmp_path / "logs" / "service.log"
    configure(level="WARNING", file=file, as_json=False)
    logging.getLogger("doorward").info("unimportant")
    logging.getLogger("doorward").critical("important")

    written = file.read_text()

    assert "important" in written
    assert "unimportant" not in written
    assert file.stat().st_mode & 0o077 == 0
