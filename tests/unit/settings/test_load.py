"""Settings come from many places; the nearest one wins, and nothing that is misspelt goes unnoticed."""

from datetime import timedelta

import pytest

from doorward.domain.policies.limits import Rate
from doorward.settings import SettingsError, load

SOURCES = ["flag", "environment", ".env", "secret file", "doorward.toml", "profile signup-signin", "default"]


@pytest.fixture
def folder(tmp_path):
    """A folder in which one setting stands in a file of each kind."""
    (tmp_path / "failures").write_text("14\n")
    (tmp_path / ".env").write_text("DOORWARD_LOCKOUT__MAX_FAILURES=13\n")
    (tmp_path / "doorward.toml").write_text("[lockout]\nmax_failures = 15\n")
    return tmp_path


@pytest.mark.parametrize(
    ("removed", "origin", "value"),
    [
        ([], "flag", 11),
        (["flag"], "environment", 12),
        (["flag", "environment"], ".env", 13),
        (["flag", "environment", ".env"], "secret file", 14),
        (["flag", "environment", ".env", "secret file"], "doorward.toml", 15),
        (["flag", "environment", ".env", "secret file", "doorward.toml"], "profile signup-signin", 3),
    ],
)
def test_the_nearest_source_wins(folder, removed, origin, value):
    """Flags, environment, .env, secret files, doorward.toml, profile: in this order."""
    environ = {"DOORWARD_PROFILE": "signup-signin"}
    if "environment" not in removed:
        environ["DOORWARD_LOCKOUT__MAX_FAILURES"] = "12"
    if "secret file" not in removed:
        environ["DOORWARD_LOCKOUT__MAX_FAILURES_FILE"] = str(folder / "failures")
    for name in (".env", "doorward.toml"):
        if name in removed:
            (folder / name).unlink()
    flags = {} if "flag" in removed else {"lockout.max_failures": 11}

    loaded = load(flags, environ=environ, folder=folder)

    assert loaded.settings.lockout.max_failures == value
    assert loaded.origins["lockout.max_failures"] == origin


def test_one_key_of_a_section_leaves_the_others_as_the_profile_set_them(tmp_path):
    """Overriding the number of failures does not turn locking into waiting."""
    environ = {"DOORWARD_PROFILE": "signup-signin", "DOORWARD_LOCKOUT__MAX_FAILURES": "9"}

    lockout = load(environ=environ, folder=tmp_path).settings.lockout

    assert (lockout.mode, lockout.max_failures) == ("lock", 9)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("24h", 86400), ("30d", 2592000), ("1.5", 1.5)]
)
def test_durations_are_written_as_people_do(tmp_path, text, seconds):
    """Seconds, or a number with a unit."""
    settings = load(environ={"DOORWARD_SESSION__IDLE_TTL": text}, folder=tmp_path).settings

    assert settings.session.idle_ttl == timedelta(seconds=seconds)


def test_an_empty_text_switches_off(tmp_path):
    """Durations, counts and lists."""
    environ = {
        "DOORWARD_VERIFICATION__RESEND_COOLDOWN": "",
        "DOORWARD_PASSWORD__HISTORY": "",
        "DOORWARD_PASSWORD__REQUIRE": "",
        "SMTP_URL": "",
    }

    settings = load(environ=environ, folder=tmp_path).settings

    assert settings.verification.resend_cooldown is None
    assert (settings.password.history, settings.password.require, settings.smtp_url) == (0, (), None)


def test_lists_and_limits_are_read(tmp_path):
    """Commas between items; N/unit; off."""
    environ = {
        "DOORWARD_PASSWORD__REQUIRE": "upper, digit",
        "DOORWARD_LIMITS__REGISTER": "7/minute",
        "DOORWARD_LIMITS__FORGOT": "off",
        "DOORWARD_TRUSTED_PROXIES": "10.0.0.0/8,::1",
    }

    settings = load(environ=environ, folder=tmp_path).settings

    assert settings.password.require == ("upper", "digit")
    assert settings.limits.register == Rate(7, timedelta(minutes=1))
    assert settings.limits.forgot is None
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"DOORWARD_PASSWORD__MIN_LENGTH": "many"}, ["DOORWARD_PASSWORD__MIN_LENGTH", "integer"]),
        ({"DOORWARD_VERIFICATION__CODE_TTL": "soon"}, ["CODE_TTL", "90s"]),
        ({"DOORWARD_VERIFICATION__CODE_TTL": "9999999999d"}, ["CODE_TTL", "36500d"]),
        ({"PUBLIC_URL": "https://ada:s3cret/word@accounts.example"}, ["PUBLIC_URL", "percent-encoded"]),
        ({"DOORWARD_VERIFICATION__CODE_LENGTH": "3"}, ["CODE_LENGTH", "between 4 and 10"]),
        ({"DOORWARD_LOCKOUT__MAX_FAILURES": ""}, ["MAX_FAILURES", "between 1 and 100"]),
        ({"DOORWARD_LIMITS__REGISTER": "often"}, ["REGISTER", "20/minute"]),
        ({"DOORWARD_PASSWORD__REQUIRE": "uper"}, ["REQUIRE", "'upper'"]),
        ({"DOORWARD_NO_SUCH": "x"}, ["DOORWARD_NO_SUCH", "is no setting"]),
        ({"DOORWARD_TRUSTED_PROXIES": "here"}, ["TRUSTED_PROXIES"]),
        ({"DOORWARD_MAIL_FROM": "Accounts, Ltd <no-reply@example.com>"}, ["MAIL_FROM", "quotes"]),
    ],
)
def test_a_value_that_cannot_be_read_is_named(tmp_path, environ, words):
    """The name, what is wrong, what to write; never the value itself."""
    with pytest.raises(SettingsError) as refused:
        load(environ=environ, folder=tmp_path)

    (problem,) = refused.value.problems
    assert all(word in problem for word in words)
    assert "s3cret" not in problem


def test_every_problem_is_listed_at_once(tmp_path):
    """Nobody has to start five times to find five mistakes."""
    environ = {"DOORWARD_PASSWRD__MIN_LENGTH": "1", "DOORWARD_NO_SUCH": "x"}

    with pytest.raises(SettingsError) as refused:
        load(environ=environ, folder=tmp_path)

    assert len(refused.value.problems) == 2


def test_a_secret_never_stands_in_a_problem(tmp_path):
    """Not even when it is the value that cannot be read."""
    with pytest.raises(SettingsError) as refused:
        load({"secret_key": ["planted"]}, environ={}, folder=tmp_path)

    assert "planted" not in str(refused.value)


@pytest.mark.parametrize("text", ["not = [toml", "[password]\nmin_lenght = 9\n"])
def test_a_broken_file_is_named(tmp_path, text):
    """`doorward.toml` is judged like everything else."""
    (tmp_path / "doorward.toml").write_text(text)

    with pytest.raises(SettingsError) as refused:
        load(environ={}, folder=tmp_path)

    assert "toml" in str(refused.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("LOG_LEVL=DEBUG", "Did you mean LOG_LEVEL?"),
        ("DORWARD_PROFILE=modern", "Did you mean DOORWARD_PROFILE?"),
        ("DOORWARD_PROFILE modern", "has no value"),
    ],
)
def test_a_slip_in_the_file_of_settings_is_noticed(tmp_path, line, words):
    """What is nearly one of our names, or no setting at all, stops the start; others' names are left alone."""
    (tmp_path / ".env").write_text(f"POSTGRES_PASSWORD=x\n{line}\n")

    with pytest.raises(SettingsError) as refused:
        load(environ={}, folder=tmp_path)

    assert words in str(refused.value)
