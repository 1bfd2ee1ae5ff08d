"""Parts that come with an extra, and what is said when one is missing."""

from collections.abc import Iterator
from contextlib import contextmanager


class CannotStart(Exception):
    """Something that this service needs is missing or wrong; the text says what and how to mend it."""


@contextmanager
def needing(extra: str, setting: str) -> Iterator[None]:
    """Import the part that a setting asks for, and read its value.

    Raises:
        CannotStart: its packages are not installed, or the value (a ValueError) makes no sense.
    """
    try:
        yield
    except ModuleNotFoundError:
        raise CannotStart(f"{setting} needs one more package: pip install 'doorward[{extra}]'.") from None
    except ValueError as error:
        raise CannotStart(f"{setting}: {error}.") from None
