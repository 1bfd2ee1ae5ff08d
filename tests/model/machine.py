"""Random lives of a service: everything that is done to the engine is foretold by the reference."""

import sys
from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from doorward.domain.events import Client
from doorward.domain.password import Password
from doorward.domain.registration import SignUp
from doorward.domain.user import Profile, Role
from doorward.use_cases.sign_in import Credentials
from model.letters import Refused
from model.model import names
from model.people import Reference
from model.rules import DAY, EMAILS, NETWORKS, PASSWORDS, PHONES, SECOND, TOO_SHORT, USERNAMES
from model.world import OPERATOR

SPELLINGS = (
    str,
    str,
    str.upper,
    lambda name: f" {name}  ",
    lambda name: name.replace("+", "00") if "@" not in name else name.replace("@", "\uff20"),
)
RUNS = Counter()

emails = st.sampled_from(EMAILS)
usernames = st.sampled_from((None, None, *USERNAMES))
phones = st.sampled_from((None, *PHONES))
identifiers = st.sampled_from((*EMAILS, *EMAILS, *USERNAMES, *PHONES, "nobody@example.com"))
networks = st.sampled_from(NETWORKS)
spellings = st.sampled_from(SPELLINGS)
guesses = st.sampled_from(("right", "right", "right", "wrong", PASSWORDS[0]))
new_passwords = st.sampled_from((*PASSWORDS, TOO_SHORT))
numbers = st.integers(0, 3)
PAUSES = tuple(seconds * SECOND for seconds in (2, 7, 7, 11, 11, 31, 31, 31, 61, 61, 121, 307, 613, 907, 3607, 86407))
pauses = st.sampled_from((*PAUSES, *PAUSES, 31 * DAY))


def typed(text):
    return Password.typed(text)


def client(network):
    return Client("192.0.2.7", "a laptop", network)


class Life(RuleBasedStateMachine):
    """One service. Subclasses say of which rules (`policy`) and how it is built (`build`)."""

    policy = None
    build = None

    def __init__(self):
        super().__init__()
        self.world, self.model = self.build(), Reference(self.policy)
        self.opened, self.handles, self.tickets = {}, {}, {}
        self.letters, self.checked = [], {}
        RUNS["runs"] += 1

    def teardown(self):
        self.world.close()

    def step(self, predict, act):
        """Do something in both; they must agree. Returns what both give, or None if it was refused."""
        name = sys._getframe(1).f_code.co_name
        self.model.now += 1
        self.world.set_clock(self.model.now)
        try:
            expected, foretold = predict(), "ok"
        except Refused as refused:
            expected, foretold = None, refused.code
        given, outcome = self.world.outcome(act)
        RUNS["steps"] += 1
        RUNS[f"{name}: {outcome.partition(',')[0]}"] += 1
        assert outcome == foretold, f"{name}: the engine says {outcome}, the reference {foretold}"
        self.deliver()
        return (expected, given) if outcome == "ok" else (None, given)

    def deliver(self):
        sent = self.model.deliver()
        letters = self.world.deliver() if self.model.is_relay_up else []
        assert [(m.subject or m.text, m.to) for m in letters] == [(i["kind"], i["to"]) for i in sent]
        for intent, letter in zip(sent, letters, strict=True):
            if intent["challenge"] is not None:
                intent["challenge"] |= {"code": letter.code, "link": letter.link}
                self.letters.append(intent["challenge"])

    # What a person knows ----------------------------------------------------------------------------------------------

    def guessed(self, name, guess):
        """The password of whoever is named so, or another."""
        account = self.model.named(name)
        if guess == "right":
            return account["password"] if account else PASSWORDS[0]
        return "Not the word, 0!" if guess == "wrong" else guess

    def somebodys(self, name):
        """That name if there is such an account, or another one's."""
        others = [names(account)[0] for account in self.model.accounts.values() if self.model.can_sign_in(account)]
        return name if self.model.named(name) or not others else others[-1]

    def own_password(self, key, guess):
        session = self.model.sessions.get(key)
        account = self.model.accounts.get(session["account"]) if session else None
        return self.guessed(names(account)[0] if account else None, guess)

    def read_code(self, purpose, subject, guess):
        """The newest code of somebody, an older one of anybody, or none at all."""
        latest = self.model.latest(purpose, subject)
        if guess == "right" and latest and latest["code"]:
            return latest["code"]
        older = [c["code"] for c in self.letters if c["code"]]
        return older[0] if older and guess not in ("right", "wrong") else "nope"

    def session(self, number):
        """One whose token is good, if there is one; now and then any."""
        live = [key for key in self.opened if number and self.model.is_live(key)]
        good = [key for key in live if self.model.now < self.model.sessions[key]["access_until"]]
        keys = good or live or list(self.opened)
        return keys[-1 - number % len(keys)]

    def current(self, key):
        return self.world.auth.authenticate(self.opened[key]["access"])

    def letter(self, number, *purposes):
        found = [c for c in self.letters if c["purpose"] in purposes and c["link"]]
        return found[-1 - number % len(found)] if found else None

    @initialize(passwords=st.lists(st.sampled_from(PASSWORDS), max_size=2))
    def some_are_here_already(self, passwords):
        """Accounts with a session each, so that a life does not begin with nothing."""
        for email, password in zip(EMAILS, passwords, strict=False):
            self.operator_creates(email=email, password=password, verified=True)
            self.sign_in(name=email, guess="right", network="at home", spelling=str)

    # Time -------------------------------------------------------------------------------------------------------------

    @rule(pause=pauses)
    def time_passes(self, pause):
        if pause > 3600 * SECOND:
            self.model.is_relay_up = True
            self.deliver()
        self.model.now += pause
        self.step(lambda: None, self.world.auth.purge_expired)

    @precondition(lambda self: self.policy["max_age"] and self.model.accounts)
    @rule(guess=guesses, new=new_passwords)
    def a_month_passes(self, guess, new):
        self.time_passes(pause=31 * DAY)
        known, name = list(self.tickets), names(list(self.model.accounts.values())[-1])[0]
        self.sign_in(name=name, guess="right", network="at home", spelling=str)
        if list(self.tickets) != known:
            self.change_expired_password(number=0, guess=guess, new=new, network="at home")

    @rule(number=numbers)
    def relay_rests_or_works(self, number):
        self.model.is_relay_up = number > 0
        self.deliver()

    # Signing up -------------------------------------------------------------------------------------------------------

    @rule(email=emails, phone=phones, username=usernames, password=new_passwords, spelling=spellings)
    def register(self, email, phone, username, password, spelling):
        if self.policy["conceals"] or not self.policy["phones"] or phone is None:
            phone = None
        else:
            email = None
        sign_up = SignUp(
            email=spelling(email) if email else None,
            phone=spelling(phone) if phone else None,
            username=username,
            password=typed(password),
            profile=Profile(first_name="Zoe", last_name="Oak"),
            client=client("at home"),
        )
        told = {"email": email, "username": username, "password": password}
        if not self.policy["conceals"]:
            self.step(lambda: self.model.register(**told, phone=phone), lambda: self.world.auth.register(sign_up))
            return
        key, handle = self.step(
            lambda: self.model.register_concealed(**told), lambda: self.world.auth.register_concealed(sign_up)
        )
        if key is not None:
            self.handles[key] = handle

    @precondition(lambda self: len(self.model.accounts) < 2)
    @rule(email=emails, password=new_passwords, verified=st.booleans())
    def operator_creates(self, email, password, verified):
        sign_up = SignUp(email=email, password=typed(password))
        self.step(
            lambda: self.model.create(email=email, password=password, verified=verified),
            lambda: self.world.auth.create_user(sign_up, OPERATOR, role=Role.USER, verified=verified),
        )

    # Sessions ---------------------------------------------------------------------------------------------------------

    @rule(name=identifiers, guess=guesses, network=networks, spelling=spellings)
    def sign_in(self, name, guess, network, spelling):
        name = self.somebodys(name) if guess == "right" else name
        password, shown = self.guessed(name, guess), spelling(name)
        before = set(self.model.tickets)
        key, given = self.step(
            lambda: self.model.sign_in(name, password, network),
            lambda: self.world.auth.sign_in(
                Credentials(identifier=shown, password=typed(password), client=client(network))
            ),
        )
        if key is not None:
            tokens = [given.refresh_token] if given.refresh_token else []
            self.opened[key] = {"access": given.access.token, "refresh": tokens, "id": given.session.id}
        for ticket in set(self.model.tickets) - before:
            self.tickets[ticket] = given.change_token

    @rule(name=identifiers, network=networks, times=st.integers(2, 6))
    def somebody_guesses(self, name, network, times):
        for _ in range(times if self.model.named(name) else 2):
            credentials = Credentials(identifier=name, password=typed("guess"), client=client(network))
            self.step(
                lambda: self.model.sign_in(name, "guess", network),
                lambda credentials=credentials: self.world.auth.sign_in(credentials),
            )

    @precondition(lambda self: self.opened)
    @rule(number=numbers)
    def use_session(self, number):
        key = self.session(number)
        self.step(lambda: self.model.authenticate(key), lambda: self.current(key))

    @precondition(lambda self: any(o["refresh"] for o in self.opened.values()))
    @rule(number=numbers, age=st.sampled_from((0, 0, 0, 1, 2)))
    def refresh(self, number, age):
        key = self.session(number)
        tokens = self.opened[key]["refresh"]
        generation = max(0, len(tokens) - 1 - age)
        _, given = self.step(
            lambda: self.model.refresh(key, generation) or True,
            lambda: self.world.auth.refresh_session(tokens[generation], client("at home")),
        )
        if hasattr(given, "refresh_token"):
            self.opened[key]["access"] = given.access.token
            if generation == len(tokens) - 1:
                tokens.append(given.refresh_token)
            assert tokens[-1] == given.refresh_token

    @precondition(lambda self: self.opened)
    @rule(number=numbers, other=numbers)
    def sign_out(self, number, other):
        key, ended = self.session(number), self.session(other)

        async def act():
            await self.world.auth.sign_out(await self.current(key), self.opened[ended]["id"], client("at home"))

        self.step(lambda: self.model.sign_out(key, ended), act)

    @precondition(lambda self: self.opened)
    @rule(number=numbers)
    def sign_out_others(self, number):
        key = self.session(number)

        async def act():
            await self.world.auth.sign_out.others(await self.current(key), client("at home"))

        self.step(lambda: self.model.sign_out_others(key), act)

    # Always -----------------------------------------------------------------------------------------------------------

    @invariant()
    def accounts_are_as_foretold(self):
        """Who there is, who may sign in with what, and which sessions live."""
        for key, account in self.model.accounts.items():
            found = {self.world.find(name) for name in names(account)}
            assert len(found) == 1
            user = found.pop()
            assert user is not None
            assert (user.email, user.phone, user.username) == tuple(account[k] for k in ("email", "phone", "username"))
            is_over = user.status.value == "LOCKED" and not user.is_locked(self.world.moment)
            assert ("ACTIVE" if is_over else user.status.value) == self.model.status(account)
            assert (user.is_verified, user.failed_attempts) == (account["verified"], account["failed"])
            if self.checked.get(key) != (user.password_hash, account["password"]):
                assert self.world.has_password(user, account["password"])
                self.checked[key] = (user.password_hash, account["password"])
            own = [k for k, s in self.model.sessions.items() if s["account"] == key and self.model.is_live(k)]
            live = {self.opened[k]["id"]: self.model.sessions[k]["generation"] for k in own}
            assert self.world.live_sessions(user) == live

    @invariant()
    def nobody_else_has_an_account(self):
        taken = {name for account in self.model.accounts.values() for name in names(account)}
        free = {*EMAILS, *USERNAMES, *PHONES} - taken
        assert [name for name in sorted(free) if self.world.find(name)] == []
