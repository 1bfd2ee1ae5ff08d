"""URLs that may hold a password."""

import pytest

from doorward.domain.urls import split_url, without_password

SHAPE = "smtp://user:password@host:587"


def test_a_url_is_taken_apart():
    """All parts are where one looks for them."""
    parts = split_url("smtp://ada:pw@mail.example:2525?tls=start", shape=SHAPE)

    assert (parts.hostname, parts.port, parts.username, parts.query) == ("mail.example", 2525, "ada", "tls=start")


@pytest.mark.parametrize(
    "url",
    [
        "smtp://ada:s3cret/word@mail.example",
        "smtp://ada:s3cret#word@mail.example",
        "smtp://ada:s3cret?word@mail.example",
        "smtp://ada:s3cret[word@mail.example",
        "smtp://ada:s3cret\uff0fword@mail.example",
        "smtp://ada:pw@mail.example:s3cret",
        "smtp://ada:pw@mail.example:99999",
    ],
)
def test_a_broken_url_is_refused_without_repeating_any_of_it(url):
    """A password that was not percent-encoded is read as a port: the error names the shape, never the text."""
    with pytest.raises(ValueError, match="percent-encoded") as refused:
        split_url(url, shape=SHAPE)

    assert SHAPE in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ada:s3cret@db:5432/door", "postgresql://ada:***@db:5432/door"),
        ("postgresql://ada:s3:cr@et@db/door", "postgresql://ada:***@db/door"),
        ("redis://:s3cret@cache:6379/0", "redis://:***@cache:6379/0"),
        ("postgresql://ada@db/door", "postgresql://ada@db/door"),
        ("sqlite:///users.db", "sqlite:///users.db"),
    ],
)
def test_a_url_is_shown_without_its_password(url, shown):
    """Whatever stands between the first colon and the last at sign stays inside."""
    assert without_password(url) == shown
