"""Where an address is, in words for the reader: looked up when it is shown, and never kept."""

from doorward.domain.place import address_of, is_nearby
from doorward.languages import N_, Speech
from doorward.ports.places import Places

THIS_NETWORK = N_("this network")


def place_words(places: Places | None, said: Speech, ip_address: str | None) -> str | None:
    """Say where it is: `London, United Kingdom`.

    Args:
        places: what GEOIP_DATABASE opened, if anything.
        said: the reader's language.
        ip_address: as it was kept.
    """
    address = address_of(ip_address)
    if places is None or address is None:
        return None
    found = places.find(address)
    if found is not None:
        return said.place(found)
    return said.say(THIS_NETWORK) if is_nearby(address) else None
