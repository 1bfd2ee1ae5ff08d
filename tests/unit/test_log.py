"""Log lines: one line each, readable by people or programs, without what callers sent."""

import json
import logging

import pytest

from doorward.log import JsonFormatter, LineFormatter, PrivateRotatingFile, configure, parse_levels


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


def rotating(file):
    handler = PrivateRotatingFile(file, maxBytes=300, backupCount=50, encoding="utf-8")
    handler.setFormatter(LineFormatter())
    return handler


def write(handler, name):
    handler.handle(logging.makeLogRecord({"name": "doorward", "levelname": "INFO", "msg": name}))


def lines_of(folder):
    return [line for file in folder.iterdir() for line in file.read_text().splitlines()]


def test_a_full_file_is_put_aside(tmp_path):
    """A new one begins before the old one grows beyond its size; all of them are for the owner only."""
    handler = rotating(tmp_path / "service.log")

    for n in range(20):
        write(handler, f"line-{n}")
    handler.close()

    files = list(tmp_path.iterdir())
    assert len(files) > 3
    assert all(file.stat().st_size <= 300 and file.stat().st_mode & 0o077 == 0 for file in files)
    assert len(lines_of(tmp_path)) == 20


def test_two_processes_put_a_full_file_aside_once(tmp_path):
    """The second follows the first to the new file: the lines stand in their order, and none is lost."""
    first, second = rotating(tmp_path / "service.log"), rotating(tmp_path / "service.log")

    for n in range(40):
        write(first if n % 2 else second, f"line-{n:02}")
    first.close()
    second.close()

    oldest_first = sorted(tmp_path.iterdir(), key=lambda file: -int(file.suffix[1:]) if file.suffix != ".log" else 0)
    written = [line.split()[-1] for file in oldest_first for line in file.read_text().splitlines()]
    assert len(oldest_first) > 3
    assert written == [f"line-{n:02}" for n in range(40)]


def test_a_file_that_somebody_took_away_is_made_anew(tmp_path):
    """Whoever moves it does not stop the log."""
    handler = rotating(tmp_path / "service.log")
    write(handler, "before")
    (tmp_path / "service.log").rename(tmp_path / "elsewhere.log")

    for n in range(10):
        write(handler, f"line-{n}")
    handler.close()

    assert (tmp_path / "service.log").exists()
    assert len(lines_of(tmp_path)) == 11
