"""Places out of real files in MaxMind's format."""

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

from doorward.adapters.mmdb import MmdbPlaces
from doorward.domain.place import Place
from support.places import LONDON, write_places


@pytest.fixture
def open_places(tmp_path):
    """Write a file and open it; it is closed in the end."""
    opened = []

    def make(**how):
        opened.append(MmdbPlaces(write_places(tmp_path / "places.mmdb", **how)))
        return opened[-1]

    yield make
    for places in opened:
        places.close()


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7"])
def test_a_city_is_found_with_its_names(open_places, address):
    """By both kinds of address; the country comes with its code."""
    found = open_places().find(ip_address(address))

    assert found == Place(LONDON["city"]["names"], LONDON["country"]["names"], "GB")


def test_a_country_may_be_all_that_is_known(open_places):
    """The one where the network is registered, if the file has no other."""
    found = open_places(kind="GeoLite2-Country").find(ip_address("198.51.100.7"))

    assert found == Place(country={"en": "Japan"}, territory="JP")


@pytest.mark.parametrize("address", ["192.0.2.7", "192.0.2.200", "127.0.0.1", "2001:db9::1"])
def test_what_the_file_does_not_know_is_nowhere(open_places, address):
    """Also where a network stands in it with nothing that is a place."""
    assert open_places().find(ip_address(address)) is None


def test_a_file_for_ipv4_knows_no_ipv6(open_places):
    """Such an address is nowhere; it is no error."""
    places = open_places(version=4)

    assert places.find(ip_address("2001:db8::7")) is None
    assert places.find(ip_address("203.0.113.7")) is not None


def test_the_file_says_what_it_is_and_of_when(open_places):
    """For the doctor."""
    made_at = datetime(2026, 3, 2, tzinfo=UTC)

    places = open_places(made_at=made_at)

    assert (places.name, places.made_at) == ("GeoLite2-City", made_at)


def test_a_damaged_row_is_nowhere_and_is_noted(open_places, tmp_path, caplog):
    """Whoever looks at his devices does not pay for it; the log says so, without the address."""
    path = write_places(tmp_path / "damaged.mmdb")
    whole = path.read_bytes()
    start = whole.index(bytes(16)) + 16
    end = whole.index(b"\xab\xcd\xefMaxMind.com")
    path.write_bytes(whole[:start] + b"\xff" * (end - start) + whole[end:])
    places = MmdbPlaces(path)
    found = places.find(ip_address("203.0.113.7"))
    places.close()

    assert found is None
    assert "damaged" in caplog.text
    assert "203.0.113.7" not in caplog.text


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read"), (b"", "no whole file"), (b"no such format", "no whole file"), ("cut", "no whole file")],
    ids=["missing", "empty", "other", "cut"],
)
def test_a_file_that_is_none_is_refused(tmp_path, content, words):
    """With its name and what is wrong."""
    path = tmp_path / "places.mmdb"
    if content == "cut":
        path.write_bytes(write_places(path).read_bytes()[:-200])
    elif content is not None:
        path.write_bytes(content)

    with pytest.raises(ValueError, match=rf"places\.mmdb .*{words}"):
        MmdbPlaces(path)


def test_a_file_about_something_else_is_refused(tmp_path):
    """Networks of providers are in the same format."""
    with pytest.raises(ValueError, match=r"is a GeoLite2-ASN file; one with cities or countries is needed"):
        MmdbPlaces(write_places(tmp_path / "places.mmdb", kind="GeoLite2-ASN"))
