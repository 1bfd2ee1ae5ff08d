"""What operators do to accounts."""

import pytest

from doorward.domain.status_action import StatusAction


@pytest.mark.parametrize("action", StatusAction)
def test_the_opposite_of_the_opposite_is_the_same(action):
    """Where there is one at all."""
    assert action.opposite is None or action.opposite.opposite is action


def test_what_cannot_be_undone_has_no_opposite():
    """Vouching and signing out."""
    assert {a for a in StatusAction if a.opposite is None} == {StatusAction.VERIFY, StatusAction.SIGN_OUT}
