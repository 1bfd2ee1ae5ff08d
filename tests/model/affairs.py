"""Random lives, continued: proofs, passwords, one's own account, and the operator."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from doorward.domain.actor import PasswordOwner
from doorward.domain.events import Client
from doorward.domain.identifiers import Kind
from doorward.use_cases.activate_account import Activation
from doorward.use_cases.change_identifier import IdentifierChange
from doorward.use_cases.change_password import PasswordChange
from doorward.use_cases.resend_code import ResendToUser
from doorward.use_cases.reset_password import PasswordReset
from doorward.use_cases.set_user_status import StatusAction
from doorward.use_cases.verify_email import AddressProof
from model.machine import (
    Life,
    client,
    emails,
    guesses,
    identifiers,
    networks,
    new_passwords,
    numbers,
    spellings,
    typed,
)
from model.world import OPERATOR

actions = st.sampled_from([action.value[0] for action in StatusAction] + ["unlock", "enable"])
proofs = st.sampled_from(("handle", "foreign handle", "password", "wrong password", "nothing"))


def token(challenge):
    return challenge["link"].partition("?token=")[2]


class FullLife(Life):
    """Everything that people and operators do."""

    # Proofs of an address ---------------------------------------------------------------------------------------------

    @precondition(lambda self: self.handles)
    @rule(number=numbers, guess=guesses)
    def verify_by_code(self, number, guess):
        key = list(self.handles)[-1 - number % len(self.handles)]
        code = self.read_code("join", ("pending", key), guess)
        proof = AddressProof(verification=self.handles[key], code=code, client=client("at home"))
        self.step(lambda: self.model.verify_by_code(key, code), lambda: self.world.auth.verify_email(proof))

    @precondition(lambda self: self.letter(0, "join", "verify"))
    @rule(number=numbers, guess=guesses, shown=proofs)
    def verify_by_link(self, number, guess, shown):
        challenge = self.letter(number, "join", "verify")
        told, besides = self.besides(challenge, guess, shown)
        proof = AddressProof(token=token(challenge), client=client("at home"), **besides)
        self.step(lambda: self.model.verify_by_link(challenge, **told), lambda: self.world.auth.verify_email(proof))

    def besides(self, challenge, guess, shown):
        """What is shown beside a link, for the reference and for the engine."""
        kind, key = challenge["subject"]
        if shown == "nothing":
            return {}, {}
        if self.policy["link_needs"] == "code":
            code = self.read_code("verify", challenge["subject"], guess)
            return {"code": code}, {"code": code}
        if "password" in shown or not self.handles:
            begun = (self.model.accounts if kind == "account" else self.model.pending).get(key)
            password = begun["password"] if begun and shown != "wrong password" else "Not the word, 0!"
            return {"password": password}, {"password": typed(password)}
        others = [k for k in self.handles if k != key]
        if kind == "account" or shown == "foreign handle":
            key = others[0] if others else next(iter(self.handles))
        return {"handle": key}, {"verification": self.handles[key]}

    @precondition(lambda self: self.handles)
    @rule(number=numbers)
    def resend_concealed(self, number):
        key = list(self.handles)[-1 - number % len(self.handles)]
        self.step(
            lambda: self.model.resend_concealed(key),
            lambda: self.world.auth.resend_code.to_waiting(self.handles[key], Client()),
        )

    @precondition(lambda self: not self.policy["conceals"])
    @rule(name=emails, guess=guesses, network=networks, spelling=spellings)
    def resend(self, name, guess, network, spelling):
        password = self.guessed(name, guess)
        command = ResendToUser(identifier=spelling(name), password=typed(password), client=client(network))
        self.step(
            lambda: self.model.resend(name, password, network),
            lambda: self.world.auth.resend_code.to_user(command),
        )

    @precondition(lambda self: not self.policy["conceals"] and self.policy["verification"] != "off")
    @rule(name=emails, guess=guesses, code_guess=guesses, network=networks)
    def activate(self, name, guess, code_guess, network):
        password, account = self.guessed(name, guess), self.model.named(name)
        subject = ("account", account["key"] if account else 0)
        code = self.read_code("verify", subject, code_guess)
        command = Activation(identifier=name, password=typed(password), code=code, client=client(network))
        self.step(
            lambda: self.model.activate(name, password, code, network),
            lambda: self.world.auth.activate_account(command),
        )

    # Passwords --------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.opened)
    @rule(number=numbers, guess=guesses, new=new_passwords, network=networks)
    def change_password(self, number, guess, new, network):
        key = self.session(number)
        old = self.own_password(key, guess)

        async def act():
            owner = await self.world.auth.authenticate.password_owner(self.opened[key]["access"])
            return await self.change(owner, old, new, network)

        self.step(lambda: self.model.change_password(key, old, new, network), act)

    @precondition(lambda self: self.tickets)
    @rule(number=numbers, guess=guesses, new=new_passwords, network=networks)
    def change_expired_password(self, number, guess, new, network):
        ticket = list(self.tickets)[-1 - number % len(self.tickets)]
        found = self.model.tickets.get(ticket)
        account = self.model.accounts[found["account"]] if found else None
        old = account["password"] if account and guess == "right" else "Not the word, 0!"

        async def act():
            owner = await self.world.auth.authenticate.password_owner(self.tickets[ticket])
            return await self.change(owner, old, new, network)

        self.step(lambda: self.model.change_expired_password(ticket, old, new, network), act)

    def change(self, owner: PasswordOwner, old, new, network):
        change = PasswordChange(owner=owner, old=typed(old), new=typed(new), client=client(network))
        return self.world.auth.change_password(change)

    @rule(name=identifiers, spelling=spellings)
    def forgot(self, name, spelling):
        shown = spelling(name)
        self.step(lambda: self.model.forgot(name), lambda: self.world.auth.forgot_password(shown, client("at home")))

    @precondition(lambda self: self.letter(0, "reset"))
    @rule(number=numbers, new=new_passwords, network=networks)
    def reset(self, number, new, network):
        challenge = self.letter(number, "reset")
        reset = PasswordReset(token=token(challenge), new=typed(new), client=client(network))
        self.step(lambda: self.model.reset(challenge, new, network), lambda: self.world.auth.reset_password(reset))

    # One's own account ------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.opened)
    @rule(number=numbers, wanted=emails, guess=guesses, network=networks, spelling=spellings)
    def change_email(self, number, wanted, guess, network, spelling):
        key = self.session(number)
        password = self.own_password(key, guess)

        async def act():
            change = IdentifierChange(
                current=await self.current(key),
                kind=Kind.EMAIL,
                wanted=spelling(wanted),
                password=typed(password),
                client=client(network),
            )
            await self.world.auth.change_identifier.request(change)

        self.step(lambda: self.model.change_email(key, wanted, password, network), act)

    @precondition(lambda self: self.opened and any(c["purpose"] == "change" for c in self.letters))
    @rule(number=numbers, guess=guesses)
    def confirm_email(self, number, guess):
        key = self.session_that_waits() or self.session(number)
        session = self.model.sessions.get(key)
        code = self.read_code("change", ("account", session["account"] if session else 0), guess)

        async def act():
            current = await self.current(key)
            await self.world.auth.change_identifier.confirm(current, Kind.EMAIL, code, client("at home"))

        self.step(lambda: self.model.confirm_email(key, code), act)

    def session_that_waits(self):
        """One whose owner has asked for another address."""
        asked = [c["subject"][1] for c in self.letters if c["purpose"] == "change" and not c["used"]]
        own = [key for key, session in self.model.sessions.items() if session["account"] in asked]
        return own[-1] if own else None

    @precondition(lambda self: self.opened)
    @rule(number=numbers, guess=guesses, network=networks)
    def close(self, number, guess, network):
        key = self.session(number)
        password = self.own_password(key, guess)

        async def act():
            await self.world.auth.close_account(await self.current(key), typed(password), client(network))

        self.step(lambda: self.model.close(key, password, network), act)

    # The operator -----------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.accounts)
    @rule(number=numbers, action=actions)
    def operate(self, number, action):
        user, key = self.somebody(number)
        change = StatusAction.named(action)
        self.step(
            lambda: self.model.operate(key, action), lambda: self.world.auth.set_user_status(user.id, change, OPERATOR)
        )

    @precondition(lambda self: self.model.accounts)
    @rule(number=numbers, new=new_passwords)
    def operator_sets_password(self, number, new):
        user, key = self.somebody(number)
        self.step(
            lambda: self.model.operator_sets_password(key, new),
            lambda: self.world.auth.set_password(user.id, typed(new), OPERATOR),
        )

    def somebody(self, number):
        accounts = list(self.model.accounts.values())
        account = accounts[number % len(accounts)]
        return self.world.find(account["email"] or account["phone"]), account["key"]
