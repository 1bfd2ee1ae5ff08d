"""Codes as people paste them."""

import re
import unicodedata


def digits_of(typed: str, length: int) -> str:
    """The code in what was typed: `4821`, `48 21`, `48-21`, full-width digits, `Your code is 4821`.

    Anything that holds no such code is left as it is, to be refused.
    """
    plain = unicodedata.normalize("NFKC", typed[:200])
    digits = "".join(c for c in plain if c.isdecimal() and c.isascii())
    if len(digits) == length:
        return digits
    whole = re.findall(rf"(?<!\d)\d{{{length}}}(?!\d)", plain)
    return whole[0] if len(set(whole)) == 1 else typed.strip()[:64] or "-"
