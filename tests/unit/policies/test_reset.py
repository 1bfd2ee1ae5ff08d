"""How a forgotten password is replaced."""

from datetime import timedelta

from doorward.domain.policies.reset import ResetPolicy


def test_the_mails_of_a_window_are_a_budget():
    """Three mails in 24 hours are what the spec asks for."""
    budget = ResetPolicy(max_requests=3, window=timedelta(hours=24)).budget()

    assert (budget.limit, budget.window) == (3, timedelta(hours=24))
