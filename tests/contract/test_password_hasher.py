"""Password hashing: right, equally dear for everybody, and never more at a time than the machine can bear."""

import asyncio
import time
from contextlib import ExitStack

import pytest

from doorward.adapters.common_passwords import ZxcvbnCommonPasswords
from doorward.adapters.hashing import PooledPasswordHasher
from doorward.domain.errors import Busy
from doorward.domain.password import Password
from doorward.domain.policies.hashing import HashingPolicy

HASHERS = {"argon2": {}, "bcrypt": {"algorithm": "bcrypt", "bcrypt_cost": 4}}
CHEAP = {"memory_kib": 64, "time_cost": 1, "slots": 1, "queue": 40}
RIGHT, WRONG = Password("correct horse"), Password("wrong horse")


@pytest.fixture(params=HASHERS)
def new_hasher(request):
    """Build hashers with cheap parameters; they are closed at the end."""
    with ExitStack() as stack:

        def build(workers=1, **members):
            policy = HashingPolicy(**(CHEAP | HASHERS[request.param] | members))
            hasher = PooledPasswordHasher(policy, workers=workers)
            stack.callback(hasher.close)
            return hasher

        yield build


@pytest.fixture
def hasher(new_hasher):
    return new_hasher()


async def test_the_right_password_matches_its_hash(hasher):
    """A hash is of its own password and of no other."""
    hashed = await hasher.hash(RIGHT)

    assert await hasher.verify(hashed, RIGHT)
    assert not await hasher.verify(hashed, WRONG)


async def test_a_hash_is_salted_and_hides_the_password(hasher):
    """The same password has another hash each time, and it fits into its column."""
    hashes = {await hasher.hash(RIGHT) for _ in range(5)}

    assert len(hashes) == 5
    assert all(RIGHT.text not in hashed and len(hashed) <= 255 for hashed in hashes)


@pytest.mark.parametrize("text", ["", " ", "pässwörd 🦊", "a" * 72, "correct horse "])
async def test_every_character_counts(hasher, text):
    """Spaces, accents and the last of many characters make a difference."""
    hashed = await hasher.hash(Password(text))

    assert await hasher.verify(hashed, Password(text))
    assert not await hasher.verify(hashed, Password(text[:-1] + "x"))


async def test_nobody_has_no_password(hasher):
    """None is never right, whatever was typed."""
    for typed in (RIGHT, Password("")):
        assert not await hasher.verify(None, typed)


async def test_unknown_users_are_compared_with_a_hash_like_any_other(hasher):
    """Sound, with today's parameters, and of the length of a real one: nothing shortens the comparison."""
    real, decoy = await hasher.hash(RIGHT), hasher._decoy

    assert hasher.flaw(decoy) is None
    assert not hasher.is_outdated(decoy)
    assert [len(part) for part in decoy.split("$")] == [len(part) for part in real.split("$")]
    assert decoy != hasher._new.decoy()


@pytest.mark.parametrize("typed", [WRONG, RIGHT, Password("a\0b"), Password("x" * 1025), Password("ü" * 513)])
async def test_a_known_and_an_unknown_user_cost_the_same(hasher, typed):
    """One comparison is computed for a hash and one for None, for every password that can be typed."""
    hashed = await hasher.hash(RIGHT)
    costs = []
    for password_hash in (hashed, None):
        before = hasher.computed
        await hasher.verify(password_hash, typed)
        costs.append(hasher.computed - before)

    assert costs == [1, 1]


@pytest.mark.parametrize("typed", [Password("correct horse\0"), Password("x" * 1025)])
async def test_what_cannot_be_hashed_is_never_right(hasher, typed):
    """NUL, which some hashes cut at, and more than a kilobyte are refused, not shortened."""
    hashes = (await hasher.hash(RIGHT), await hasher.hash(Password("x" * 72)))

    assert [await hasher.verify(hashed, typed) for hashed in hashes] == [False] * 2
    assert not await hasher.matches_any(hashes, typed)


@pytest.mark.parametrize("broken", ["", "x", "$argon2id$", "$argon2id$v=19$m=64,t=1,p=1$!$!", "é", "$2b$12$abc"])
async def test_a_broken_hash_is_a_wrong_password(hasher, broken):
    """What is no hash matches nothing and breaks nothing."""
    assert not await hasher.verify(broken, RIGHT)
    assert not await hasher.matches_any((broken,), RIGHT)


async def test_a_password_is_found_among_former_ones(hasher):
    """`matches_any` is true if one of the hashes is of the password, and false for none."""
    hashes = tuple([await hasher.hash(Password(f"password {n}")) for n in range(3)])

    assert [await hasher.matches_any(hashes, Password(f"password {n}")) for n in range(4)] == [True, True, True, False]
    assert not await hasher.matches_any((), RIGHT)


async def test_a_long_history_lets_others_in_between(new_hasher):
    """Whoever comes while former passwords are compared waits for one of them, not for all."""
    hasher = new_hasher(slots=1, queue=2, time_cost=5)
    hashes = tuple([await hasher.hash(RIGHT)] * 30)
    history = asyncio.create_task(hasher.matches_any(hashes, WRONG))
    await asyncio.sleep(0)

    assert await hasher.verify(hashes[0], RIGHT)
    assert not history.done()
    assert not await history


async def test_former_passwords_take_one_slot_together(new_hasher):
    """A long history does not crowd others out: it stands in the queue once."""
    hasher = new_hasher(slots=1, queue=0)
    hashes = tuple([await hasher.hash(RIGHT)] * 5)

    assert not await hasher.matches_any(hashes, WRONG)


async def test_a_hash_with_other_parameters_is_outdated(new_hasher):
    """After a change of parameters old hashes still match, and are known as old."""
    cheap, dearer = new_hasher(), new_hasher(time_cost=2, bcrypt_cost=5)
    old, new = await cheap.hash(RIGHT), await dearer.hash(RIGHT)

    assert await dearer.verify(old, RIGHT)
    assert [dearer.is_outdated(old), dearer.is_outdated(new), cheap.is_outdated(old)] == [True, False, False]


@pytest.mark.parametrize(("scheme", "most"), [("argon2", 1024), ("bcrypt", 72)])
async def test_what_the_scheme_cannot_read_whole_is_never_right(scheme, most):
    """Up to its limit every byte counts; beyond it a password is wrong instead of being cut."""
    hasher = PooledPasswordHasher(HashingPolicy(**CHEAP, **HASHERS[scheme]))
    hashed = await hasher.hash(Password("x" * most))

    assert hasher.max_bytes == most
    assert await hasher.verify(hashed, Password("x" * most))
    assert not await hasher.verify(hashed, Password("x" * (most - 1)))
    assert not await hasher.verify(hashed, Password("x" * (most + 1)))
    hasher.close()


async def test_hashes_of_another_scheme_are_verified_and_outdated():
    """Accounts that come from elsewhere sign in, and get a hash of today's scheme then."""
    argon2 = PooledPasswordHasher(HashingPolicy(**CHEAP))
    bcrypt = PooledPasswordHasher(HashingPolicy(**CHEAP, **HASHERS["bcrypt"]))
    foreign = await bcrypt.hash(RIGHT)

    assert await argon2.verify(foreign, RIGHT)
    assert not await argon2.verify(foreign, WRONG)
    assert (argon2.is_outdated(foreign), bcrypt.is_outdated(foreign)) == (True, False)
    argon2.close()
    bcrypt.close()


@pytest.mark.parametrize("call", ["hash", "verify", "verify nobody", "matches_any"])
async def test_a_full_queue_is_busy_at_once(new_hasher, call):
    """With one slot and two places in the queue, three of ten get through and seven hear Busy, then all is free."""
    hasher = new_hasher(slots=1, queue=2)
    hashed = await hasher.hash(RIGHT)
    calls = {
        "hash": lambda: hasher.hash(RIGHT),
        "verify": lambda: hasher.verify(hashed, RIGHT),
        "verify nobody": lambda: hasher.verify(None, RIGHT),
        "matches_any": lambda: hasher.matches_any((hashed,), RIGHT),
    }
    outcomes = await asyncio.gather(*(calls[call]() for _ in range(10)), return_exceptions=True)
    busy = [outcome for outcome in outcomes if isinstance(outcome, Busy)]

    assert len(busy) == 7
    assert all(refused.retry_after >= 1 for refused in busy)
    assert not isinstance(await calls[call](), Exception)


async def test_who_goes_away_frees_a_place_in_the_queue(new_hasher):
    """Callers that are cancelled while they wait do not keep others out."""
    hasher = new_hasher(slots=1, queue=2, time_cost=20)
    waiting = [asyncio.create_task(hasher.hash(RIGHT)) for _ in range(3)]
    await asyncio.sleep(0)
    for task in waiting[1:]:
        task.cancel()
    await asyncio.gather(*waiting[1:], return_exceptions=True)

    assert len(await asyncio.gather(hasher.hash(RIGHT), hasher.hash(RIGHT))) == 2
    assert (await waiting[0]).startswith("$")


async def test_the_event_loop_goes_on_meanwhile(new_hasher):
    """While passwords are hashed, others are served: the loop turns many times."""
    hasher, turns = new_hasher(time_cost=30, memory_kib=8192, bcrypt_cost=11), 0  # a tenth of a second or more
    hashing = asyncio.create_task(hasher.hash(RIGHT))
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)

    assert turns > 10


def test_slots_are_shared_out_among_workers(new_hasher, monkeypatch):
    """Unset slots are the cores divided by the workers, and never none; the queue follows from them."""
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    hashers = [new_hasher(workers=workers, slots=None, queue=None) for workers in (1, 2, 100)]

    assert [hasher.slots for hasher in hashers] == [8, 4, 1]
    assert all(hasher.queue >= 8 for hasher in hashers)


async def test_the_queue_is_measured_by_whole_hashes_only(new_hasher):
    """What is refused at once says nothing of how long a hash takes; a right password does."""
    hasher = new_hasher(queue=None, time_cost=20, memory_kib=1024, bcrypt_cost=8)
    stored, usual = await hasher.hash(RIGHT), hasher.queue

    for password in (Password("x" * 1000), Password("x" * 5000), WRONG):
        assert not await hasher.verify(stored, password)
        assert not await hasher.verify(None, password)
    assert hasher.queue == usual

    hasher._quickest = 1000.0  # as if the machine had been busy
    assert hasher.queue == 8
    assert await hasher.verify(stored, RIGHT)
    assert hasher.queue > 8


async def test_close_waits_for_what_is_being_hashed(new_hasher):
    """After `close` no thread of the pool is left, and nothing more is taken."""
    hasher = new_hasher(slots=2, queue=5, time_cost=100, bcrypt_cost=11)
    hashing = [asyncio.create_task(hasher.hash(RIGHT)) for _ in range(2)]
    while not (own := list(hasher._pool._threads)) or not hasher._pool._work_queue.empty():
        await asyncio.sleep(0.001)  # until both are at work: what still waits is dropped
    hasher.close()
    started = time.monotonic()
    done = await asyncio.gather(*hashing)

    assert own
    assert not any(thread.is_alive() for thread in own)
    assert len(done) == 2
    assert time.monotonic() - started < 5
    with pytest.raises(RuntimeError):
        await hasher.hash(RIGHT)


def test_common_passwords_are_known():
    """What everybody tries first is in the list, what nobody has is not, and things that are no text are not."""
    common = ZxcvbnCommonPasswords()

    assert all(password in common for password in ("password", "123456", "qwerty"))
    assert "kT7-unheard-of-7Tk" not in common
    assert None not in common
