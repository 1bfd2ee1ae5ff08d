"""Where a schema stands."""

import pytest

from doorward.ports.storage import SchemaStatus


@pytest.mark.parametrize(("current", "is_compatible"), [("0005", True), ("0004", True), ("0003", False), (None, False)])
def test_a_release_runs_on_the_revisions_that_it_names(current, is_compatible):
    """The newest is what one migrates to; older ones in the list do as well."""
    status = SchemaStatus(current, ("0005", "0004"))

    assert (status.head, status.is_compatible) == ("0005", is_compatible)
