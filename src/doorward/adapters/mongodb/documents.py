"""Records to documents and back.

A record's members stand under their own names, its id under `_id`. Moments and dates are texts of one width in UTC:
they sort as they should, and keep the microseconds that the server's own dates do not have.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from doorward.adapters.mongodb.schema import CLEAN_AT
from doorward.domain.search import search_keys
from doorward.domain.user import Profile, User

T = TypeVar("T")
Document = dict[str, Any]
PROFILE = tuple(f.name for f in fields(Profile))
CLEAN_AFTER = timedelta(days=1)


def plain(value: Any) -> Any:
    """A value as it is stored, and as it is compared with what is stored."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value


def members_of(record: Any) -> Document:
    """A record's members by name; a profile's members stand beside them."""
    found = {f.name: getattr(record, f.name) for f in fields(record)}
    profile = found.pop("profile", None)
    found |= {name: getattr(profile, name) for name in PROFILE} if profile else {}
    return {name: plain(value) for name, value in found.items()}


def document_of(record: Any, *, key: str = "id") -> Document:
    """A record as a document; one that expires says when it may be cleaned away."""
    found = members_of(record)
    document = {"_id": found.pop(key), **found} | (search_keys(record) if isinstance(record, User) else {})
    return document | clean_at(record.expires_at) if "expires_at" in found else document


def clean_at(*ends: datetime | None) -> Document:
    """When the server may remove a document by itself: long after its end, by the clock of whoever wrote it last.

    Whether something has expired is asked in queries, never of the cleaner. The present is counted in, so that a
    moment that another clock made cannot let a document go that is in use.
    """
    known = [end.astimezone(UTC) for end in ends if end is not None]
    now = datetime.now(UTC)
    latest = datetime.max.replace(tzinfo=UTC) - CLEAN_AFTER
    return {CLEAN_AT: min(max(*known, now), latest) + CLEAN_AFTER if known else None}


def record_of(kind: type[T], document: Mapping[str, Any], *, key: str = "id") -> T:
    """The record that a document holds; members that it does not know are passed over."""
    return kind(**_read(kind, {**document, key: document["_id"], "profile": document}))


def moment(text: str) -> datetime:
    """A stored moment."""
    return datetime.fromisoformat(text)


def _read(kind: type, document: Mapping[str, Any]) -> Document:
    readers = _readers(kind)
    return {name: _value(readers[name], document[name]) for name in readers if name in document}


def _value(read: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else read(value)


@cache
def _readers(kind: Any) -> Mapping[str, Callable[[Any], Any]]:
    """How each member of a record is read, by its annotation."""
    return {name: _reader(hint) for name, hint in get_type_hints(kind).items()}


def _reader(hint: Any) -> Callable[[Any], Any]:
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if Profile in kinds:
        return lambda document: Profile(**_read(Profile, document))
    if datetime in kinds:
        return moment
    if date in kinds:
        return date.fromisoformat
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return kind
    return _same


def _same(value: Any) -> Any:
    return value
