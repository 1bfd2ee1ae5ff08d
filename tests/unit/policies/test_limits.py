"""How much one network may ask for."""

from datetime import timedelta

import pytest

from doorward.domain.policies.limits import LimitsPolicy, Rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("20/minute", Rate(20, timedelta(minutes=1))),
        (" 5 / second ", Rate(5, timedelta(seconds=1))),
        ("100/hour", Rate(100, timedelta(hours=1))),
        ("1/day", Rate(1, timedelta(days=1))),
        ("off", None),
        ("OFF", None),
    ],
)
def test_a_rate_is_read_as_it_is_written(text, rate):
    """So many in a second, minute, hour or day, or off."""
    parsed = Rate.parse(text)

    assert parsed == rate
    assert rate is None or Rate.parse(str(parsed)) == rate


@pytest.mark.parametrize("text", ["", "20", "0/minute", "-1/minute", "20/week", "20 per minute", "1e3/hour", "٢/hour"])
def test_another_text_is_no_rate(text):
    """The refusal says how to write it."""
    with pytest.raises(ValueError, match="20/minute"):
        Rate.parse(text)


def test_a_rate_is_a_budget_with_a_window():
    """What is counted per network follows the same rules as everything that is counted."""
    budget = Rate(20, timedelta(hours=1)).budget()

    assert (budget.limit, budget.window) == (20, timedelta(hours=1))


def test_limits_are_found_by_name():
    """A route asks for the limit that bears its name."""
    rate = LimitsPolicy(forgot=Rate(3, timedelta(days=1))).named("forgot")

    assert rate == Rate(3, timedelta(days=1))
