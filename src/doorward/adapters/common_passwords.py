"""The 30,000 most used passwords, from zxcvbn's frequency list."""

from functools import cached_property


class ZxcvbnCommonPasswords:
    """Loads the list when it is first asked."""

    @cached_property
    def _list(self) -> frozenset[str]:
        from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - half a megabyte, loaded when needed

        return frozenset(FREQUENCY_LISTS["passwords"])

    def __contains__(self, password: object) -> bool:
        return password in self._list
