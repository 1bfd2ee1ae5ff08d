"""Counting tries: no interleaving of requests gets one more than the budget."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from doorward.domain.tally import FORGET_AFTER, LEASE, Budget, Spent, Tally

START = datetime(2031, 5, 4, tzinfo=UTC)
WINDOW = timedelta(minutes=10)


def after(**duration):
    return START + timedelta(**duration)


def spent(budget):
    """A tally on which all tries have been counted."""
    tally = Tally()
    for _ in range(budget.limit):
        tally = budget.take(tally, START)
    return tally


def refusal(budget, tally, now):
    with pytest.raises(Spent) as caught:
        budget.reserve(tally, now)
    return caught.value.retry_after


class Interleaving(RuleBasedStateMachine):
    """Requests reserve, fail, succeed and give back in any order while little time passes."""

    def __init__(self):
        super().__init__()
        self.budget = Budget(limit=4)
        self.tally = Tally()
        self.now = START
        self.undecided = 0
        self.counted = 0

    @rule()
    def reserve(self):
        try:
            self.tally = self.budget.reserve(self.tally, self.now)
        except Spent:
            return
        self.undecided += 1

    @rule()
    def fail(self):
        if self.undecided:
            self.tally = self.budget.count(self.tally, self.now)
            self.undecided -= 1
            self.counted += 1

    @rule()
    def release(self):
        if self.undecided:
            self.tally = self.budget.release(self.tally, self.now)
            self.undecided -= 1

    @rule()
    def succeed(self):
        if self.undecided:
            self.tally = self.budget.clear(self.tally, self.now)
            self.undecided -= 1
            self.counted = 0

    @rule()
    def unlock(self):
        self.tally = self.budget.forget(self.tally, self.now)
        self.counted = 0

    @rule()
    def wait(self):
        self.now += timedelta(milliseconds=1)

    @invariant()
    def no_more_than_the_limit(self):
        assert self.undecided + self.counted <= self.budget.limit

    @invariant()
    def the_tally_knows_it(self):
        assert (self.tally.reserved, self.tally.count) == (self.undecided, self.counted)


TestAnyInterleaving = Interleaving.TestCase


@given(limit=st.integers(1, 9), asked=st.integers(0, 20))
def test_a_window_holds_exactly_the_limit(limit, asked):
    """However often one asks within a window, the limit is taken and no more."""
    budget, tally, taken = Budget(limit=limit, window=WINDOW), Tally(), 0

    for _ in range(asked):
        try:
            tally, taken = budget.take(tally, START), taken + 1
        except Spent:
            continue

    assert taken == min(limit, asked)


def test_a_window_begins_with_the_first_try():
    """Later tries do not prolong the window."""
    budget = Budget(limit=2, window=WINDOW)
    tally = budget.take(budget.take(Tally(), START), after(minutes=9))

    forgotten = tally.at(after(minutes=10))

    assert forgotten == Tally()


def test_a_spent_window_says_how_long_it_lasts():
    """The refusal tells the seconds until the window ends."""
    budget = Budget(limit=1, window=WINDOW)
    tally = budget.take(Tally(), START)

    retry_after = refusal(budget, tally, after(minutes=4))

    assert retry_after == 360


def test_a_spent_budget_without_an_end_stays_spent():
    """With neither window nor delay nothing is forgotten, and waiting is not offered."""
    budget = Budget(limit=3)

    retry_after = refusal(budget, spent(budget), after(days=900))

    assert retry_after is None


def test_while_all_that_remain_are_reserved_one_waits_a_second():
    """A try that is being judged may be given back, so the answer is to come back soon."""
    budget = Budget(limit=1)
    tally = budget.reserve(Tally(), START)

    retry_after = refusal(budget, tally, START)

    assert retry_after == 1


def test_a_reservation_that_nobody_decides_falls_back():
    """A process that died does not keep its try for ever."""
    budget = Budget(limit=1)
    tally = budget.reserve(Tally(), START)

    again = budget.reserve(tally, START + LEASE)

    assert again.reserved == 1


def test_a_reservation_holds_until_its_lease_ends():
    """A try that is still being judged is nobody else's."""
    budget = Budget(limit=1)
    tally = budget.reserve(Tally(), START)

    held = tally.at(START + LEASE - timedelta(microseconds=1))

    assert held.reserved == 1


def test_reservations_outlive_the_counts_of_their_window():
    """When a window ends, what is being judged at that moment stays reserved."""
    budget = Budget(limit=3, window=WINDOW)
    tally = budget.reserve(budget.take(Tally(), START), after(minutes=9, seconds=59))

    later = tally.at(after(minutes=10))

    assert (later.count, later.reserved) == (0, 1)


@pytest.mark.parametrize(("extra", "wait"), [(0, 30), (1, 60), (2, 120), (4, 480), (5, 900), (60, 900)])
def test_each_failure_beyond_the_limit_doubles_the_wait(extra, wait):
    """The wait grows from its first length to its longest and stays there."""
    budget = Budget(limit=5, delay=timedelta(seconds=30))
    tally = Tally(count=5 + extra, last_at=START, expires_at=START + FORGET_AFTER)

    retry_after = refusal(budget, tally, START)

    assert retry_after == wait


def test_after_the_wait_there_is_one_try():
    """One more try is given after the wait, and only one."""
    budget = Budget(limit=5, delay=timedelta(seconds=30))
    tally = budget.reserve(spent(budget), after(seconds=30))

    retry_after = refusal(budget, tally, after(seconds=30))

    assert retry_after == 1


def test_failures_that_only_delay_are_forgotten_after_a_day():
    """A day without a failure makes the budget whole again."""
    budget = Budget(limit=5, delay=timedelta(seconds=30))

    left = budget.left(spent(budget), START + FORGET_AFTER)

    assert left == 5


def test_a_spent_budget_is_forgiven_where_it_says_so():
    """A lock with an end gives all tries back at that moment."""
    budget = Budget(limit=4, forgive_after=timedelta(hours=1))

    left = budget.left(spent(budget), after(hours=1))

    assert left == 4


def test_a_budget_that_is_not_spent_forgives_nothing():
    """Three of four failures do not fade: only a success forgets them."""
    budget = Budget(limit=4, forgive_after=timedelta(hours=1))
    tally = budget.take(Tally(), START)

    left = budget.left(tally, after(days=30))

    assert left == 3


def test_what_was_counted_can_be_given_back():
    """A right code costs no try."""
    budget = Budget(limit=5, window=WINDOW)
    tally = budget.take(Tally(), START)

    returned = budget.give_back(tally, START)

    assert budget.left(returned, START) == 5


def test_nothing_is_given_back_twice():
    """More returns than tries do not make a budget larger."""
    budget = Budget(limit=5, window=WINDOW)

    returned = budget.give_back(Tally(), START)

    assert budget.left(returned, START) == 5


def test_a_release_too_many_changes_nothing():
    """A reservation whose lease has run out may still be released by the one who made it."""
    budget = Budget(limit=5)

    released = budget.release(Tally(), START)

    assert released == Tally()


def test_a_release_keeps_the_lease_of_the_others():
    """Others who are being judged keep their tries."""
    budget = Budget(limit=5)
    tally = budget.reserve(budget.reserve(Tally(), START), START)

    released = budget.release(tally, START)

    assert (released.reserved, released.reserved_until) == (1, START + LEASE)


def test_reserved_tries_are_not_left():
    """What somebody else is using is not offered."""
    budget = Budget(limit=5)
    tally = budget.reserve(budget.take(Tally(), START), START)

    left = budget.left(tally, START)

    assert left == 3
