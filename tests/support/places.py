"""Small files with places in MaxMind's format."""

from mmdb_writer import MMDBWriter
from netaddr import IPSet

LONDON = {
    "city": {"names": {"en": "London", "fr": "Londres"}},
    "country": {"iso_code": "GB", "names": {"en": "United Kingdom", "fr": "Royaume-Uni"}},
}
ROWS = {
    "203.0.113.0/24": LONDON,
    "2001:db8::/32": LONDON,
    "198.51.100.0/24": {"registered_country": {"iso_code": "JP", "names": {"en": "Japan"}}},
    "192.0.2.128/25": {"traits": {"is_anycast": True}},
}


class Writer(MMDBWriter):
    """One that may date its file back."""

    made_at = None

    def _build_meta(self):
        meta = super()._build_meta()
        return meta | {"build_epoch": int(self.made_at.timestamp())} if self.made_at else meta


def write_places(path, *, kind="GeoLite2-City", version=6, made_at=None):
    """Write a file with a few places at the addresses that are kept for examples (RFC 5737, RFC 3849)."""
    writer = Writer(version, kind, languages=["en", "fr"], ipv4_compatible=version == 6)
    writer.made_at = made_at
    for network, row in ROWS.items():
        if version == 6 or ":" not in network:
            writer.insert_network(IPSet([network]), row)
    writer.to_db_file(str(path))
    return path
