"""Actors: who asks for something."""

import pytest

from doorward.domain.actor import Actor
from doorward.domain.errors import Forbidden


async def test_the_operator_is_described_as_such(engine):
    """At the command line nobody is signed in."""
    described = Actor(None).described()

    assert described == {"by": "operator"}


async def test_an_administrator_is_described_by_id_and_reason(engine):
    """The audit log tells who did it and why."""
    door = engine()
    root = await door.admin()

    assert root.described("asked by mail") == {"by": str(root.user.id), "reason": "asked by mail"}


async def test_an_ordinary_user_is_no_administrator(engine):
    """What is for administrators is forbidden to everybody else."""
    door = engine()
    actor = Actor(await door.created())

    with pytest.raises(Forbidden):
        actor.must_be_admin()
