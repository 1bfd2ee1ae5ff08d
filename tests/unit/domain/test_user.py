"""The user: what an account is at a moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from doorward.domain.identifiers import Identifier, Kind
from doorward.domain.ids import new_id
from doorward.domain.user import Profile, Status, User

NOW = datetime(2031, 5, 4, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def ada():
    return User(id=new_id(NOW), email="ada@example.com", password_hash="x", created_at=NOW, password_changed_at=NOW)


def test_all_names_of_an_account_are_its_identifiers(ada):
    """E-mail, phone and user name find the same account."""
    named = replace(ada, phone="+4915112345678", username="ada")

    assert named.identifiers() == (
        Identifier(Kind.EMAIL, "ada@example.com"),
        Identifier(Kind.PHONE, "+4915112345678"),
        Identifier(Kind.USERNAME, "ada"),
    )


def test_own_words_come_from_names_and_identifiers(ada):
    """Parts of four characters or more make a password guessable."""
    named = replace(
        ada, email="ada.lovelace@example.com", profile=Profile(first_name="Augusta", last_name="Byron_King")
    )

    assert named.own_words() == ("lovelace", "Augusta", "Byron", "King")


@pytest.mark.parametrize(("until", "locked"), [(None, True), (LATER, True), (NOW, False)])
def test_a_lock_holds_until_its_end(ada, until, locked):
    """Without an end a lock holds until it is lifted."""
    answer = ada.locked(until).is_locked(NOW)

    assert answer is locked


def test_an_active_account_is_not_locked(ada):
    """Only the status LOCKED locks."""
    answer = ada.is_locked(NOW)

    assert answer is False


def test_unlocking_forgets_lock_and_failures(ada):
    """An unlocked account is as if nobody had ever failed."""
    unlocked = replace(ada, failed_attempts=4).locked(LATER).unlocked()

    assert unlocked == ada


@pytest.mark.parametrize("change", [User.unlocked, lambda user: user.locked(None)])
def test_disabled_is_neither_locked_nor_unlocked(ada, change):
    """What an operator has decided is not changed by failures or by a reset."""
    changed = change(replace(ada, status=Status.DISABLED))

    assert changed.status is Status.DISABLED


def test_the_first_proof_of_an_address_counts(ada):
    """`verified_at` is the moment of the first proof."""
    verified = ada.verified(NOW).verified(LATER)

    assert verified.verified_at == NOW


def test_a_new_password_notes_when_it_was_set(ada):
    """The age of a password begins when it is set."""
    changed = ada.with_password("y", LATER)

    assert (changed.password_hash, changed.password_changed_at) == ("y", LATER)


def test_a_hash_never_shows_itself(ada):
    """A user in a log line or traceback does not show the hash."""
    shown = repr(replace(ada, password_hash="$argon2id$secret"))

    assert "argon2id" not in shown
