"""Passwords: judged when they are chosen, compared under the guard's eyes."""

from dataclasses import replace

import pytest

from doorward.adapters.hashing import PooledPasswordHasher
from doorward.domain.errors import InvalidCredentials, InvalidInput, WrongPassword
from doorward.domain.password import Password
from doorward.domain.policies.hashing import HashingPolicy
from doorward.domain.policies.password import PasswordPolicy
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.domain.policies.sms import PhonePolicy
from doorward.domain.registration import SignUp
from doorward.domain.user import Status

RIGHT = Password("correct horse battery staple")


def broken(refusal):
    return [(violation.pointer, violation.code) for violation in refusal.violations]


@pytest.fixture
def passwords(engine):
    """The method of an engine whose policy blocks what is common."""
    return engine("modern").auth.sign_in.passwords


def accepted(passwords, password, **members):
    sign_up = SignUp(**{"email": "ada@example.com", **members}, password=password)
    return passwords.accept_sign_up(sign_up, RegistrationPolicy(), PhonePolicy())


async def test_members_and_password_are_judged_together(engine):
    """A form shows everything that is wrong in one round."""
    door = engine("modern")
    passwords = door.auth.sign_in.passwords

    refusal = await door.refusal(accepted(passwords, Password("short"), email="nonsense", username="?"))

    assert [(v.pointer, v.code) for v in refusal.violations] == [
        ("/email", "invalid_email"),
        ("/username", "invalid_username"),
        ("/password", "too_short"),
    ]


async def test_a_missing_password_is_missing_and_nothing_else(engine):
    """It is not too short besides."""
    door = engine("modern")

    refusal = await door.refusal(accepted(door.auth.sign_in.passwords, Password("")))

    assert [(v.pointer, v.code) for v in refusal.violations] == [("/password", "required")]


async def test_an_accepted_password_is_hashed(passwords):
    """What comes back is a hash of the password."""
    _, password_hash = await accepted(passwords, RIGHT)

    assert await passwords.matches(password_hash, RIGHT)


@pytest.mark.parametrize("text", ["password1", "PASSWORD1", "qwertyuiop"])
async def test_common_passwords_are_refused_in_any_case(passwords, text):
    """What everybody tries first is refused however it is spelt."""
    with pytest.raises(InvalidInput, match="/password: too_common"):
        await accepted(passwords, Password(text))


async def test_the_list_is_not_asked_where_it_is_off(engine):
    """A profile that does not block common passwords takes them."""
    passwords = engine("signup-signin").auth.sign_in.passwords

    _, password_hash = await accepted(passwords, Password("password1"))

    assert password_hash.startswith("$argon2id$")


async def test_the_present_password_is_no_new_one(engine):
    """Changing a password to itself is refused where reuse is."""
    door = engine("modern")
    ada = await door.created()

    refusal = await door.refusal(door.auth.sign_in.passwords.accept_change(ada, RIGHT, pointer="/new_password"))

    assert broken(refusal) == [("/new_password", "reused")]


async def test_own_words_are_no_new_password(engine):
    """The words of the account are taken out before a new password is judged."""
    door = engine("modern")
    ada = await door.created(last_name="Lovelace")

    refusal = await door.refusal(
        door.auth.sign_in.passwords.accept_change(ada, Password("lovelace1"), pointer="/new_password")
    )

    assert broken(refusal) == [("/new_password", "contains_identifier")]


@pytest.mark.parametrize(("history", "reused"), [(3, True), (2, False)])
async def test_as_many_former_passwords_as_the_policy_says_may_not_come_back(engine, history, reused):
    """The present password and the ones before it, up to the policy's number."""
    door = engine("modern", password=PasswordPolicy(history=history))
    ada = await door.created()
    for number in (1, 2):
        await door.auth.set_password(ada.id, Password(f"another good password {number}"), door.operator)
    method, user = door.auth.sign_in.passwords, await door.user()

    try:
        await method.accept_change(user, RIGHT, pointer="/new_password")
        was_refused = False
    except InvalidInput:
        was_refused = True

    assert was_refused is reused


async def test_without_history_a_password_may_stay(engine):
    """Where reuse is not forbidden nothing is compared."""
    door = engine("signup-signin")
    ada = await door.created()

    password_hash = await door.auth.sign_in.passwords.accept_change(ada, RIGHT, pointer="/new_password")

    assert password_hash != ada.password_hash


async def test_leaving_by_an_error_gives_only_the_try_back(engine):
    """A right password that led no further forgets no failures."""
    door = engine("signup-signin")
    await door.created()
    await door.fail(3)
    with pytest.raises(RuntimeError):
        async with door.auth.sign_in.passwords.proving("ada@example.com", RIGHT, door.client):
            raise RuntimeError

    await door.fail(1)

    assert (await door.user()).status is Status.LOCKED


async def test_proving_again_refuses_with_a_word_for_those_who_are_signed_in(engine):
    """Who is signed in is told that the password is wrong, not that he is unknown."""
    door = engine("signup-signin")
    ada = await door.created()

    with pytest.raises(WrongPassword):
        async with door.auth.sign_in.passwords.proving_again(ada, Password("wrong"), door.client):
            pass


async def test_wrong_passwords_of_all_ways_are_one_account_of_failures(engine):
    """Three wrong passwords inside and one at the door lock."""
    door = engine("signup-signin")
    ada = await door.created()
    for _ in range(3):
        with pytest.raises(WrongPassword):
            async with door.auth.sign_in.passwords.proving_again(ada, Password("wrong"), door.client):
                pass

    await door.fail(1)

    assert (await door.user()).status is Status.LOCKED


async def test_a_password_in_another_normal_form_is_the_same(engine):
    """Two keyboards, one password."""
    door = engine("signup-signin")
    ada = await door.created(password="caf\u00e9 au lait")

    signed_in = await door.sign_in(password="cafe\u0301 au lait")

    assert signed_in.user.id == ada.id


async def test_passwords_are_compared_to_the_last_byte(engine):
    """Nothing is cut off: a difference behind a thousand bytes counts."""
    door = engine("signup-signin", password=PasswordPolicy(max_length=1024, block_common=False))
    await door.created(password="a" * 1000 + "b")

    refusal = await door.refusal(door.sign_in(password="a" * 1000 + "c"))

    assert type(refusal) is InvalidCredentials


async def test_what_the_hash_cannot_read_whole_is_refused(engine):
    """Bcrypt reads 72 bytes; a longer password is refused with the limit, never cut."""
    door = engine()
    hasher = PooledPasswordHasher(HashingPolicy(algorithm="bcrypt", bcrypt_cost=4, slots=1, queue=8))
    passwords = replace(door.auth.sign_in.passwords, hasher=hasher)

    refusal = await door.refusal(accepted(passwords, Password("é" * 37)))

    assert [(v.code, v.params) for v in refusal.violations] == [("too_many_bytes", {"max": 72})]
    hasher.close()
