"""Reads of challenges and their single use, on every storage backend."""

from dataclasses import replace
from datetime import timedelta

import pytest

from doorward.domain.challenge import Purpose
from doorward.ports.writes import AddChallenge, ConsumeChallenge, ConsumeChallenges, HandOver, Stale


async def test_a_challenge_comes_back_as_it_was_stored(store, make, now):
    """Every member survives storage, and its purpose is a Purpose."""
    full = make.challenge(
        purpose=Purpose.RESET_PASSWORD,
        handed_over_at=now,
        code_expires_at=now + timedelta(microseconds=1),
        link_expires_at=now + timedelta(microseconds=2),
        consumed_at=now + timedelta(microseconds=3),
    )
    await store.commit(AddChallenge(full))
    stored = await store.challenges.find(full.id)

    assert stored == full
    assert type(stored.purpose) is Purpose


async def test_an_unknown_challenge_is_none(store, make):
    """`find` and `latest` give None where there is nothing."""
    assert await store.challenges.find(make.id()) is None
    assert await store.challenges.latest(make.id(), Purpose.VERIFY_EMAIL) is None


async def test_latest_is_the_newest_of_subject_and_purpose(store, make, now):
    """`latest` looks at one subject and one purpose, and an answered challenge counts too."""
    subject = make.id()
    old = make.challenge(subject_id=subject, created_at=now - timedelta(seconds=1))
    new = make.challenge(subject_id=subject, consumed_at=now)
    other_purpose = make.challenge(
        subject_id=subject, purpose=Purpose.RESET_PASSWORD, created_at=now + timedelta(days=1)
    )
    other_subject = make.challenge(created_at=now + timedelta(days=1))
    await store.commit(*(AddChallenge(c) for c in (new, other_purpose, old, other_subject)))

    assert await store.challenges.latest(subject, Purpose.VERIFY_EMAIL) == new


async def test_of_two_in_one_moment_the_greater_id_is_the_latest(store, make):
    """Challenges of the same microsecond are told apart by their ids, the same way everywhere."""
    subject = make.id()
    first, second = make.challenge(subject_id=subject), make.challenge(subject_id=subject)
    await store.commit(AddChallenge(second), AddChallenge(first))

    assert await store.challenges.latest(subject, Purpose.VERIFY_EMAIL) == second


async def test_hand_over_starts_the_clocks(store, make, now):
    """A hand-over writes the new times, and may be repeated."""
    challenge = make.challenge()
    await store.commit(AddChallenge(challenge))
    for minute in (1, 2):
        started = challenge.handed_over(now + timedelta(minutes=minute), code_ttl=timedelta(minutes=5), link_ttl=None)
        await store.commit(HandOver(started))

    assert await store.challenges.find(challenge.id) == started


async def test_hand_over_of_an_answered_or_missing_challenge_is_stale(store, make, now):
    """What was answered meanwhile is not opened again."""
    answered = make.challenge(consumed_at=now)
    await store.commit(AddChallenge(answered))
    for challenge in (replace(answered, consumed_at=None), make.challenge()):
        with pytest.raises(Stale):
            await store.commit(HandOver(challenge))

    assert await store.challenges.find(answered.id) == answered


async def test_a_challenge_is_spent_once(store, make, now):
    """The second answer is Stale, and the first one's time stays."""
    challenge = make.challenge()
    await store.commit(AddChallenge(challenge))
    await store.commit(ConsumeChallenge(challenge.id, now))
    with pytest.raises(Stale):
        await store.commit(ConsumeChallenge(challenge.id, now + timedelta(seconds=1)))

    assert await store.challenges.find(challenge.id) == replace(challenge, consumed_at=now)


async def test_a_missing_challenge_cannot_be_spent(store, make, now):
    """Spending what is not there is Stale."""
    with pytest.raises(Stale):
        await store.commit(ConsumeChallenge(make.id(), now))


async def test_one_of_twenty_answers_at_once_wins(store, make, now, commits):
    """Twenty answers to one challenge at the same time: one goes through."""
    challenge = make.challenge()
    await store.commit(AddChallenge(challenge))

    assert await commits(Stale, (ConsumeChallenge(challenge.id, now) for _ in range(20))) == 1


async def test_all_open_ones_of_a_purpose_are_spent_together(store, make, now):
    """Those spent before keep their time, those of other purposes and subjects stay open, and none is no error."""
    subject, earlier = make.id(), now - timedelta(hours=1)
    mine = [make.challenge(subject_id=subject) for _ in range(2)]
    spent = make.challenge(subject_id=subject, consumed_at=earlier)
    others = [make.challenge(subject_id=subject, purpose=Purpose.RESET_PASSWORD), make.challenge()]
    await store.commit(*(AddChallenge(c) for c in (*mine, spent, *others)))
    await store.commit(ConsumeChallenges(subject, Purpose.VERIFY_EMAIL, now))
    await store.commit(ConsumeChallenges(make.id(), Purpose.VERIFY_EMAIL, now))
    stored = [await store.challenges.find(c.id) for c in (*mine, spent, *others)]

    assert [c.consumed_at for c in stored] == [now, now, earlier, None, None]


async def test_purge_removes_expired_challenges(store, make, now):
    """A challenge goes when its time is over, answered or not."""
    over = make.challenge(expires_at=now)
    answered = make.challenge(expires_at=now - timedelta(days=1), consumed_at=now)
    still = make.challenge(expires_at=now + timedelta(microseconds=1))
    await store.commit(*(AddChallenge(c) for c in (over, answered, still)))

    assert await store.purge(now) == 2
    assert await store.challenges.find(still.id) == still
