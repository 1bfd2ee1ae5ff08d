"""Where a device is, beside its address: in the API and on pages, in the reader's language, and only if set up."""

import re
from html import unescape

import pytest

from doorward.domain.place import Place
from doorward.languages import speech
from support.browser import Browser
from support.member import Member
from support.operator import administrator
from support.places import write_places
from support.program import NotStarted

CITY, COUNTRY, UNKNOWN, NEAR = "203.0.113.7", "198.51.100.7", "192.0.2.7", "192.168.1.7"
PROXY = {"DOORWARD_TRUSTED_PROXIES": "127.0.0.0/8", "DOORWARD_VERIFICATION__RESEND_COOLDOWN": "1s"}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A small file with places."""
    return write_places(tmp_path_factory.mktemp("places") / "places.mmdb")


@pytest.fixture(scope="module")
def service(launch_module, file):
    """Behind a proxy, with places."""
    return launch_module("modern", env=PROXY | {"GEOIP_DATABASE": str(file)})


@pytest.fixture
def travelled(http, member):
    """Somebody who is signed in at four places."""
    for address in (CITY, COUNTRY, UNKNOWN, NEAR):
        body = {"identifier": member.address, "password": member.password}
        http.post("/v1/sessions", json=body, headers={"X-Forwarded-For": address}).raise_for_status()
    return member


def places(http, member, language):
    """Place by address, as the API tells it."""
    listed = http.get("/v1/sessions", headers=member.bearer | {"Accept-Language": language}).json()["items"]
    return {one["ip_address"]: one["place"] for one in listed}


def words_of(shown):
    """What a person reads, in one line."""
    return " ".join(re.sub(r"<[^>]*>", "", unescape(shown.answer.text)).split())


@pytest.mark.parametrize(
    ("language", "city", "country"),
    [
        ("en", "London, United Kingdom", "Japan"),
        ("fr", "Londres, Royaume-Uni", "Japon"),
        ("de", "London, Vereinigtes Königreich", "Japan"),
    ],
)
def test_sessions_have_their_place(http, travelled, language, city, country):
    """By the file's names in that language, else by the language's own for the country; null where nothing is known."""
    found = places(http, travelled, language)

    assert (found[CITY], found[COUNTRY], found[UNKNOWN]) == (city, country, None)
    assert language != "en" or found[NEAR] == found["127.0.0.1"] == "this network"


def test_ones_own_pages_show_the_place_beside_the_address(service, travelled):
    """Devices and activity; where nothing is known, the address alone."""
    browser = Browser(service.client()).open("/sign-in").type_and_send(travelled.address, travelled.password)

    for path in ("/account/security", "/account/activity"):
        shown = words_of(browser.open(path))
        assert f"{CITY} (London, United Kingdom)" in shown
        assert f"{NEAR} (this network)" in shown
        assert UNKNOWN in shown
        assert f"{UNKNOWN} (" not in shown


def test_the_console_shows_the_place_beside_the_address(service, travelled):
    """Devices and activity of a user, and the audit log."""
    root = administrator(service)

    for path in (f"/admin/users/{travelled.id}", f"/admin/audit?user={travelled.id}"):
        shown = words_of(root.open(path))
        assert f"{CITY} (London, United Kingdom)" in shown
        assert f"{COUNTRY} (Japan)" in shown


def test_the_export_holds_only_what_is_kept(http, travelled):
    """A place is looked up when it is shown, and kept nowhere."""
    kept = http.get("/v1/me/export", headers=travelled.bearer).json()

    assert CITY in {session["ip_address"] for session in kept["sessions"]}
    assert all("place" not in session for session in kept["sessions"])


def test_without_the_setting_there_is_no_place(launch, mailbox, address):
    """Not even for addresses of one's own network."""
    http = launch("modern", env=PROXY).client()
    member = Member(http, address).join(mailbox)

    assert set(places(http, member, "en").values()) == {None}


@pytest.mark.parametrize(("content", "words"), [(None, "cannot be read"), (b"nonsense", "no whole file")])
def test_a_file_that_is_none_stops_the_start(launch, tmp_path, content, words):
    """The setting and the file are named."""
    path = tmp_path / "places.mmdb"
    if content:
        path.write_bytes(content)

    with pytest.raises(NotStarted, match=rf"GEOIP_DATABASE: .*places\.mmdb.*{words}"):
        launch("modern", env={"GEOIP_DATABASE": str(path)})


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place({"en": "London"}, {}, "GB"), "London, Vereinigtes Königreich"),
        (Place({"en": "Oslo"}, {}, ""), "Oslo"),
        (Place({}, {"en": "Utopia"}, ""), "Utopia"),
        (Place({}, {}, "XX"), "XX"),
    ],
)
def test_a_place_is_said_with_what_is_known(place, words):
    """A name in another language, or a code, is better than none."""
    assert speech("de").place(place) == words


@pytest.mark.parametrize(
    ("city", "words"),
    [
        ({"en": "London", "pt-BR": "Londres"}, "Londres, Reino Unido"),
        ({"en": "London", "pt-BR": "Londres", "pt": "Lundres"}, "Lundres, Reino Unido"),
        ({"en": "London", "ptx": "Londrix"}, "London, Reino Unido"),
    ],
)
def test_a_name_of_a_region_of_the_language_will_do(city, words):
    """GeoIP files know Portuguese as `pt-BR` only."""
    assert speech("pt").place(Place(city, {"en": "United Kingdom", "pt-BR": "Reino Unido"}, "GB")) == words
