"""The reference: what people and operators do with accounts."""

from model.letters import Refused
from model.model import Accounts, names
from model.rules import DAY

BEGUN = ("reset", "change")


class Reference(Accounts):
    """Predicts every outcome."""

    def __init__(self, rules):
        super().__init__(rules)
        self.pending = {}

    # Signing up -------------------------------------------------------------------------------------------------------

    def register(self, *, email, phone, username, password):
        """Duplicates are revealed."""
        self.judge(password)
        self.must_be_free(email, phone, username)
        self.first_code_must_be_possible(email)
        key = self.add(email=email, phone=phone, username=username, password=password)
        if self.rules["verification"] != "off":
            self.begin("verify_email", "verify", ("account", key), to=email)

    def first_code_must_be_possible(self, email):
        """Where only a code could help and the address's tries are spent, there is no account without one."""
        has_other_way = self.rules["has_link"] and self.rules["link_needs"] == "origin"
        is_spent = self.counted(("hour", email))[0] >= self.rules["tries_per_hour"]
        if self.rules["verification"] != "off" and is_spent and not has_other_way:
            raise Refused("too_many_requests")

    def register_concealed(self, *, email, username, password):
        """The address is never told to be taken; user names are public."""
        self.judge(password)
        if username:
            self.must_be_free(username)
        key, is_taken = self.new_key(), self.named(email) is not None
        until = self.now + 2 * DAY + max(self.rules["code_ttl"], self.rules["link_ttl"])
        self.pending[key] = {"email": email, "username": username, "password": password, "decoy": is_taken}
        self.pending[key]["until"] = until
        self.begin("account_exists" if is_taken else "verify_email", "join", ("pending", key), to=email)
        return key

    def resend_concealed(self, key):
        pending = self.pending.get(key)
        if pending is not None and self.now < pending["until"]:
            kind = "account_exists" if pending["decoy"] else "verify_email"
            self.begin(kind, "join", ("pending", key), to=pending["email"])

    def resend(self, name, password, network):
        account = self.try_password(name, password, network)
        if account["verified"] or self.rules["verification"] == "off":
            raise Refused("already_active")
        self.begin("verify_email", "verify", ("account", account["key"]), to=account["email"])
        self.passed(account, name, network)

    def activate(self, name, password, typed, network):
        account = self.try_password(name, password, network)
        if account["verified"]:
            raise Refused("already_active")
        challenge = self.latest("verify", ("account", account["key"]))
        self.prove(challenge, typed, address=account["email"])
        challenge["used"] = True
        account |= {"verified": True, "failed": 0}
        self.passed(account, name, network)

    def verify_by_code(self, key, typed):
        pending = self.pending.get(key)
        if pending is None:
            raise Refused("code_expired")
        challenge = self.latest("join", ("pending", key))
        self.prove(challenge, typed, address=pending["email"], can_succeed=not pending["decoy"])
        self.join(challenge)

    def verify_by_link(self, challenge, *, code=None, handle=None, password=None):
        """Besides the link there must be the code, or a proof of having begun the sign-up."""
        self.linked(challenge)
        if self.rules["link_needs"] == "code":
            if code is None:
                raise Refused("validation_failed")
            self.prove(challenge, code, address=self.begun(challenge)["email"])
        elif handle is not None:
            if challenge["subject"] != ("pending", handle):
                raise Refused("link_invalid")
        elif password is None:
            raise Refused("validation_failed")
        else:
            begun = self.begun(challenge)
            self.count_try(challenge, begun["email"])
            if begun["password"] != password:
                raise Refused("invalid_credentials")
            self.forgive_try(challenge, begun["email"])
        if challenge["purpose"] == "join":
            self.join(challenge)
        else:
            challenge["used"] = True
            self.begun(challenge)["verified"] = True

    def begun(self, challenge):
        """The account or the waiting sign-up that a challenge is about."""
        kind, key = challenge["subject"]
        if kind == "account":
            return self.accounts[key]
        if key not in self.pending or self.pending[key]["decoy"]:
            raise Refused("link_expired")
        return self.pending[key]

    def join(self, challenge):
        """The first to prove the address becomes the user; the others never can."""
        pending, key = self.begun(challenge), challenge["subject"][1]
        if self.named(pending["email"]):
            raise Refused("link_expired")
        username = None if self.named(pending["username"]) else pending["username"]
        challenge["used"] = True
        del self.pending[key]
        for other in self.pending.values():
            other["decoy"] = other["decoy"] or other["email"] == pending["email"]
        joined = self.add(email=pending["email"], username=username, password=pending["password"], verified=True)
        # The letter of the sign-up was one of the account that it has become.
        self.windows[("resend", ("account", joined))] = self.counted(("resend", ("pending", key)))

    # Passwords --------------------------------------------------------------------------------------------------------

    def change_password(self, key, old, new, network):
        self.replace_password(self.authenticate(key), old, new, network=network, session=key)

    def change_expired_password(self, ticket, old, new, network):
        found = self.tickets.get(ticket)
        account = self.accounts.get(found["account"]) if found else None
        if account is None or found["used"] or self.now >= found["until"] or account["status"] == "DISABLED":
            raise Refused("token_invalid")
        self.replace_password(account, old, new, network=network)

    def replace_password(self, account, old, new, *, network, session=None):
        self.try_again(account, old, network)
        self.judge_change(account, new)
        self.set_password(account, new)
        account["failed"] = 0
        self.tell("password_changed", account)
        self.end_sessions(account, but=session)
        self.end_begun(account)
        self.passed(account, names(account)[0], network)

    def tell(self, kind, account):
        """A note to the owner, at a proven address only."""
        if account["verified"]:
            self.outbox.append({"kind": kind, "to": account["email"] or account["phone"], "challenge": None})

    def end_begun(self, account):
        """Whatever anybody had begun ends with a new password or address."""
        self.use_all(("account", account["key"]), *BEGUN)
        for ticket in self.tickets.values():
            ticket["used"] = ticket["used"] or ticket["account"] == account["key"]

    def forgot(self, name):
        """Whether there is such an account is looked up by the relay."""
        self.outbox.append({"kind": "look into", "name": name})

    def look_into(self, name):
        account = self.named(name)
        if account is None or account["status"] == "DISABLED":
            return
        to = name if name == account["phone"] else account["email"] or account["phone"]
        key, limit = ("forgot", account["key"]), self.rules["reset_requests"]
        if self.take(key, limit=limit, window=self.rules["reset_window"]):
            challenge = self.challenge("reset", ("account", account["key"]), to)
            self.outbox.append({"kind": "reset_password", "to": to, "challenge": challenge})

    def reset(self, challenge, new, network):
        """It proves the address, lifts a lock, and ends all sessions and whatever was begun."""
        if not self.takes_link(challenge):
            raise Refused("link_expired")
        account = self.accounts[challenge["subject"][1]]
        self.judge_change(account, new)
        self.forgive(account, network)
        self.set_password(account, new)
        self.unlock(account)
        account["verified"] = account["verified"] or challenge["target"] == (account["email"] or account["phone"])
        self.tell("password_changed", account)
        self.end_sessions(account)
        self.end_begun(account)

    # One's own account ------------------------------------------------------------------------------------------------

    def must_be_proven(self, account):
        if self.rules["verification"] != "off" and not account["verified"]:
            raise Refused("email_not_verified")

    def change_email(self, key, wanted, password, network):
        account = self.authenticate(key)
        self.must_be_proven(account)
        if wanted in names(account):
            raise Refused("validation_failed")
        self.try_again(account, password, network)
        is_taken = self.named(wanted) is not None
        if is_taken and not self.rules["conceals"]:
            raise Refused("identifier_taken")
        kind = "account_exists" if is_taken else "change_identifier"
        self.begin(kind, "change", ("account", account["key"]), to=wanted)
        self.passed(account, names(account)[0], network)

    def confirm_email(self, key, typed):
        account = self.authenticate(key)
        challenge = self.latest("change", ("account", account["key"]))
        wanted = challenge["target"] if challenge else None
        is_taken = self.named(wanted) is not None
        is_hidden = is_taken and self.rules["conceals"]
        self.prove(challenge, typed, address=wanted, can_succeed=not is_hidden)
        if is_taken:
            raise Refused("identifier_taken")
        former = account["email"]
        account |= {"email": wanted, "verified": True}
        self.end_sessions(account, but=key)
        self.end_begun(account)
        told = former or account["phone"]
        if told:
            self.outbox.append({"kind": "identifier_changed", "to": told, "challenge": None})

    def close(self, key, password, network):
        account = self.authenticate(key)
        self.must_be_proven(account)
        self.try_again(account, password, network)
        self.passed(account, names(account)[0], network)
        self.tell("account_deleted", account)
        self.remove(account)
        self.pending = {k: p for k, p in self.pending.items() if p["email"] != account["email"]}

    # Operators --------------------------------------------------------------------------------------------------------

    def create(self, *, email, password, verified):
        self.judge(password)
        self.must_be_free(email)
        asks = self.rules["verification"] != "off" and not verified
        if asks:
            self.first_code_must_be_possible(email)
        key = self.add(email=email, password=password, verified=verified)
        if asks:
            self.begin("verify_email", "verify", ("account", key), to=email)

    def operate(self, key, action):
        account = self.accounts[key]
        if action in ("unlock", "enable"):
            self.forgive(account, "unknown")
            self.unlock(account)
        if action in ("disable", "sign-out"):
            self.end_sessions(account)
        if action == "lock" and account["status"] != "DISABLED":
            account |= {"status": "LOCKED", "locked_until": None}
        if action in ("disable", "enable"):
            account["status"] = "DISABLED" if action == "disable" else "ACTIVE"
        account["verified"] = account["verified"] or action == "verify"

    def operator_sets_password(self, key, new):
        account = self.accounts[key]
        self.judge_change(account, new)
        self.set_password(account, new)
        self.end_sessions(account)
        self.end_begun(account)
