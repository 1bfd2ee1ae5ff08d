"""Generations of the signing key: who signs, whose tokens are good, and what an operator is shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from doorward.domain.signing import BEGINNING, FIRST, KeyList, KeyState, SigningKey

NOW = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def generation(number, **members):
    return SigningKey(**{"generation": number, "created_at": NOW, "signs_from": NOW} | members)


ROTATED = KeyList(
    (
        generation(1, signs_from=BEGINNING, verify_until=NOW + 10 * MINUTE),
        generation(2, signs_from=NOW + MINUTE),
    )
)


def test_there_is_always_a_first_generation():
    """An installation that has never rotated signs with it, and one that has only newer rows still knows it."""
    assert KeyList().signer(NOW).generation == FIRST
    assert KeyList().verifying(NOW) == (FIRST,)
    assert [key.generation for key in KeyList((generation(2),)).keys] == [1, 2]


@pytest.mark.parametrize(("minutes", "signer"), [(0, 1), (1, 2), (99, 2)])
def test_a_new_generation_signs_from_its_time_on(minutes, signer):
    """Before that it is only published."""
    assert ROTATED.signer(NOW + minutes * MINUTE).generation == signer


@pytest.mark.parametrize(("minutes", "good"), [(0, (2, 1)), (9, (2, 1)), (10, (2,))])
def test_tokens_of_the_one_before_are_good_for_their_time(minutes, good):
    """A generation that waits verifies too: the clock of another worker may be ahead."""
    assert ROTATED.verifying(NOW + minutes * MINUTE) == good


def test_a_revoked_generation_verifies_nothing():
    """From that moment on, whatever its other times say."""
    keys = KeyList((replace(ROTATED.stored[0], revoked_at=NOW), ROTATED.stored[1]))

    assert keys.verifying(NOW) == (2,)


def test_a_clock_that_is_behind_leaves_nobody_without_a_signer():
    """If no generation's time has come, the next one signs."""
    keys = KeyList((generation(1, revoked_at=NOW), generation(2)))

    assert keys.signer(NOW - MINUTE).generation == 2


def test_if_all_are_revoked_the_newest_signs_what_nobody_accepts():
    """That never happens by the commands; a token that is refused is better than an error at sign-in."""
    keys = KeyList((generation(1, revoked_at=NOW),))

    assert keys.signer(NOW).generation == 1
    assert keys.verifying(NOW) == ()


def test_each_state_is_shown():
    """What an operator sees of a list with one of each."""
    keys = KeyList(
        (
            generation(1, verify_until=NOW),
            generation(2, revoked_at=NOW),
            generation(3, signs_from=NOW - MINUTE, verify_until=NOW + MINUTE),
            generation(4),
            generation(5, signs_from=NOW + MINUTE),
        )
    )

    assert [keys.state(key, NOW) for key in keys.keys] == [
        KeyState.RETIRED,
        KeyState.REVOKED,
        KeyState.VERIFYING,
        KeyState.SIGNING,
        KeyState.NEXT,
    ]
