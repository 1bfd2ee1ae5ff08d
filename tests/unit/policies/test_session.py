"""How long a sign-in lasts."""

from datetime import timedelta

import pytest

from doorward.domain.policies.session import SessionPolicy

DAY = timedelta(days=1)
HALF_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize(("refresh_ttl", "lifetime"), [(DAY, DAY), (None, HALF_HOUR)])
def test_a_session_lasts_as_long_as_it_can_be_refreshed(refresh_ttl, lifetime):
    """Without refresh it ends with its access token."""
    policy = SessionPolicy(access_ttl=HALF_HOUR, refresh_ttl=refresh_ttl)

    assert policy.lifetime == lifetime
