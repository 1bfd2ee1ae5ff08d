"""Every setting can be told in words: what is in force, where it was said, and no secret."""

import pytest

from doorward.settings import load
from doorward.settings.explained import explained, meanings
from doorward.settings.load import known_names

PLANTED = "pl4nted-s3cret"
SECRETS = {
    "SECRET_KEY": PLANTED * 4,
    "DOORWARD_PREVIOUS_SECRET_KEYS": f"{PLANTED},{PLANTED}",
    "DATABASE_URL": f"postgresql://user:{PLANTED}@db.example.com:5432/name?password={PLANTED}",
    "REDIS_URL": f"redis://:{PLANTED}@127.0.0.1:6379/0",
    "RABBITMQ_URL": f"amqp://user:{PLANTED}@127.0.0.1/",
    "SMTP_URL": f"smtp://user:{PLANTED}@127.0.0.1:25",
    "SMS_URL": f"https://user:{PLANTED}@sms.example.com/{PLANTED}?key={PLANTED}",
    "DOORWARD_FIREBASE_SIGNER_KEY": "cGw0bnRlZC1zM2NyZXQ=",
}


@pytest.fixture
def told(tmp_path):
    """What is said of the settings that an environment makes, by name."""

    def tell(changed=None, **environ):
        loaded = load(environ=environ, folder=tmp_path)
        settings = loaded.settings.model_copy(update=changed or {})
        return {one.name: one for one in explained(settings, loaded.origins)}

    return tell


def test_every_setting_is_told_with_what_it_means(told):
    """None is left out, and none is without a word."""
    found = told()

    assert len(found) == len(known_names())
    assert [one.name for one in found.values() if not one.about] == []


def test_the_source_is_told(told):
    """Where it was said; default if nowhere; `development` for what `dev` has filled in."""
    found = told(
        {"public_url": "http://127.0.0.1:8000"}, DOORWARD_PROFILE="signup-signin", DOORWARD_PASSWORD__HISTORY="7"
    )

    assert (found["DOORWARD_PASSWORD__HISTORY"].value, found["DOORWARD_PASSWORD__HISTORY"].source) == (
        "7",
        "environment",
    )
    assert found["DOORWARD_LOCKOUT__MODE"].source == "profile signup-signin"
    assert found["DOORWARD_RESET__WINDOW"].source == "default"
    assert found["PUBLIC_URL"].source == "development"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DOORWARD_SESSION__ACCESS_TTL", "15m"),
        ("DOORWARD_VERIFICATION__CODE_TTL", "90s"),
        ("DOORWARD_PASSWORD__MAX_AGE", "30d"),
        ("DOORWARD_RESET__WINDOW", "24h"),
        ("DOORWARD_VERIFICATION__RESEND_COOLDOWN", "0.5s"),
        ("DOORWARD_LIMITS__REGISTER", "20/hour"),
        ("DOORWARD_LOG_JSON", "on"),
        ("DOORWARD_PASSWORD__REQUIRE", "upper,digit"),
        ("DOORWARD_TRUSTED_PROXIES", "192.0.2.0/24,2001:db8::/32"),
    ],
)
def test_a_value_is_written_as_one_would_write_it(told, name, value):
    """It can be pasted into an environment again."""
    assert told(**{name: value})[name].value == value


def test_no_secret_is_told(told):
    """Only that there is one; of the database, where it is."""
    found = told(**SECRETS)

    assert PLANTED not in repr(found)
    assert "cGw0bnRlZC1zM2NyZXQ" not in repr(found)
    assert {found[name].value for name in SECRETS} == {"(set)", "postgresql://user:***@db.example.com:5432/name"}
    assert {one.source for one in found.values() if one.name in SECRETS} == {"environment"}


def test_an_unset_secret_is_told_as_unset(told):
    """An empty text."""
    assert told()["SECRET_KEY"].value == ""


def test_defaults_are_those_of_the_reference(told):
    """Where nothing is said, the value is the default, but for what the profile says."""
    found = told()

    assert {one.name: one.default for one in found.values()} == {m.name: m.default for m in meanings()}
    assert [one.name for one in found.values() if one.source == "default" and one.value != one.default] == []
