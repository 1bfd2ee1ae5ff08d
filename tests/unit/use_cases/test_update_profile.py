"""Changing what one's profile says."""

from datetime import date

import pytest

from doorward.domain.errors import InvalidInput


@pytest.fixture
async def door(engine):
    built = engine()
    built.ada = await built.created(first_name="Ada", last_name="Byron")
    return built


def update(door, changes, **details):
    return door.auth.update_profile(door.ada.id, changes, door.client, **details)


async def test_only_the_given_members_change(door):
    """What was not sent stays as it was."""
    await update(door, {"last_name": "Lovelace"})

    profile = (await door.user()).profile

    assert (profile.first_name, profile.last_name) == ("Ada", "Lovelace")


async def test_a_profile_keeps_dates(door):
    """The date of birth is a member like any other."""
    user = await update(door, {"date_of_birth": date(1815, 12, 10)})

    assert user.profile.date_of_birth == date(1815, 12, 10)


async def test_a_value_that_breaks_rules_changes_nothing(door):
    """All or nothing of a change is written."""
    refusal = await door.refusal(update(door, {"first_name": "Countess", "last_name": "x" * 101}))

    assert (type(refusal), (await door.user()).profile) == (InvalidInput, door.ada.profile)


@pytest.mark.parametrize(
    ("told", "details"),
    [(None, {"members": ["comments"]}), ({"by": "operator"}, {"members": ["comments"], "by": "operator"})],
)
async def test_the_log_names_the_members_and_never_their_values(door, told, details):
    """Who changed which members is kept, and not what they say."""
    await update(door, {"comments": "likes engines"}, details=told)

    row = list(door.store.audit.rows.values())[-1]

    assert row.details == details
