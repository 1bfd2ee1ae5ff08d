"""What is meant by a text that is looked for among accounts: beginnings of their names, whatever case and accents."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from doorward.domain.ids import parse_id
from doorward.domain.user import User

SEARCHED = frozenset({"email", "first_name", "last_name"})
"""What the keys are made of."""
KEY_LENGTH = 100
MOST_SPLITS = 4
LAST = "\U0010ffff"
"""Sorts after every character: what begins with a text lies from the text up to the text and this."""
_SEPARATORS = re.compile(r"[\s()./-]")
_NUMBER = re.compile(r"\+?([0-9]+)")


def search_key(name: str) -> str:
    """A name as it is looked for: one case, no accents, single spaces."""
    if not name.isascii():
        name = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return " ".join(name.casefold().split())[:KEY_LENGTH]


def search_keys(user: User) -> dict[str, str]:
    """What is kept beside an account so that it is found quickly."""
    return {
        "first_name_key": search_key(user.profile.first_name),
        "last_name_key": search_key(user.profile.last_name),
        "email_domain": (user.email or "").rpartition("@")[2],
    }


@dataclass(frozen=True, slots=True)
class Search:
    """Accounts with this id, and those of which, in one of the alternatives, each member begins with its text."""

    user_id: UUID | None
    alternatives: Sequence[Mapping[str, str]]

    @classmethod
    def of(cls, text: str) -> "Search":
        """What a text means: an identifier, the domain of an address, a first or last name, or one after the other."""
        typed = unicodedata.normalize("NFKC", text).strip().lower()
        number = _NUMBER.fullmatch(_SEPARATORS.sub("", typed))
        key = search_key(text)
        single = {
            "email": typed,
            "username": typed,
            "phone": f"+{number[1]}" if number else typed,
            "email_domain": typed.removeprefix("@"),
            "first_name_key": key,
            "last_name_key": key,
        }
        alternatives = [{member: beginning} for member, beginning in single.items() if beginning]
        return cls(parse_id(typed), [*alternatives, *_both_names(key.split(" "))])


def _both_names(words: Sequence[str]) -> list[Mapping[str, str]]:
    """First and last name, in either order, divided at each of the first spaces."""
    found: list[Mapping[str, str]] = []
    for at in range(1, min(len(words), MOST_SPLITS + 1)):
        one, other = " ".join(words[:at]), " ".join(words[at:])
        found += [
            {"first_name_key": one, "last_name_key": other},
            {"first_name_key": other, "last_name_key": one},
        ]
    return found
