"""The reference: accounts, failures and sessions, in plain dicts."""

from model.letters import Letters, Refused
from model.rules import DAY, MINUTE, TOO_SHORT


class Accounts(Letters):
    """Who there is and who may come in. `sign_in` and the like return what is new or raise Refused."""

    def __init__(self, rules):
        super().__init__(rules)
        self.accounts = {}
        self.sessions = {}
        self.tickets = {}
        self.waits = {}
        self.made = 0

    def new_key(self):
        self.made += 1
        return self.made

    # Accounts ---------------------------------------------------------------------------------------------------------

    def add(self, *, password, email=None, phone=None, username=None, verified=False):
        key = self.new_key()
        named = {"key": key, "email": email, "phone": phone, "username": username, "verified": verified}
        secret = {"password": password, "former": [], "changed_at": self.now}
        state = {"status": "ACTIVE", "locked_until": None, "failed": 0, "tries": 0, "tries_until": None}
        self.accounts[key] = named | secret | state
        return key

    def named(self, name):
        return next((a for a in self.accounts.values() if name and name in names(a)), None)

    def must_be_free(self, *wanted):
        if any(self.named(name) for name in wanted):
            raise Refused("identifier_taken")

    def judge(self, password):
        if password == TOO_SHORT:
            raise Refused("validation_failed")

    def judge_change(self, account, password):
        self.judge(password)
        history = self.rules["history"]
        if history and password in [account["password"], *account["former"][: history - 1]]:
            raise Refused("validation_failed")

    def set_password(self, account, password):
        account["former"] = [account["password"], *account["former"]][: self.rules["history"]]
        account |= {"password": password, "changed_at": self.now}

    def is_expired(self, account):
        age = self.rules["max_age"]
        return age is not None and self.now >= account["changed_at"] + age

    def status(self, account):
        """The status that counts: a lock whose time is over is none."""
        return "ACTIVE" if account["status"] == "LOCKED" and not self.is_locked(account) else account["status"]

    def is_locked(self, account):
        until = account["locked_until"]
        return account["status"] == "LOCKED" and (until is None or self.now < until)

    def remove(self, account):
        key = account["key"]
        del self.accounts[key]
        self.sessions = {k: s for k, s in self.sessions.items() if s["account"] != key}
        self.tickets = {k: t for k, t in self.tickets.items() if t["account"] != key}
        self.challenges = [c for c in self.challenges if c["subject"] != ("account", key)]

    # Failures ---------------------------------------------------------------------------------------------------------

    def try_password(self, name, password, network):
        """The account that both belong to; locked and throttled are answered before the password is compared."""
        account = self.named(name)
        self.must_not_wait(account, name, network)
        if account is None or account["password"] != password:
            self.fail(account, name, network)
            raise Refused("invalid_credentials")
        if self.is_locked(account):
            raise Refused("account_locked")
        return account

    def try_again(self, account, password, network):
        """The same for somebody who is signed in."""
        try:
            self.try_password(names(account)[0], password, network)
        except Refused as refused:
            raise Refused(refused.code.replace("invalid_credentials", "wrong_password")) from None

    def must_not_wait(self, account, name, network):
        if self.rules["locks"]:
            if account and (self.is_locked(account) or self.tries(account) > self.rules["max_failures"]):
                raise Refused("account_locked")
            return
        count, last = self.failures(name, network)
        if count >= self.rules["max_failures"]:
            doubled = self.rules["first_delay"] * 2 ** (count - self.rules["max_failures"])
            if self.now < last + min(doubled, self.rules["max_delay"]):
                raise Refused("too_many_requests")

    def failures(self, name, network):
        count, last = self.waits.get((name, network), (0, 0))
        return (count, last) if self.now < last + DAY else (0, 0)

    def tries(self, account):
        until = account["tries_until"]
        return account["tries"] if until is None or self.now < until else 0

    def fail(self, account, name, network):
        if account:
            account["failed"] += 1
        if not self.rules["locks"]:
            self.waits[name, network] = (self.failures(name, network)[0] + 1, self.now)
        elif account:
            account |= {"tries": self.tries(account) + 1, "tries_until": None}
            if account["tries"] > self.rules["max_failures"]:
                until = self.now + self.rules["lock_ttl"] if self.rules["lock_ttl"] else None
                account["tries_until"] = until
                if account["status"] != "DISABLED":
                    account |= {"status": "LOCKED", "locked_until": until}

    def passed(self, account, name, network):
        self.waits.pop((name, network), None)
        account |= {"tries": 0, "tries_until": None}

    def forgive(self, account, network):
        """Unlocked by mail or by an operator: all failures are forgotten, those from his own network too."""
        for name in names(account):
            self.passed(account, name, network)

    def unlock(self, account):
        account |= {"failed": 0, "locked_until": None}
        if account["status"] == "LOCKED":
            account["status"] = "ACTIVE"

    # Sessions ---------------------------------------------------------------------------------------------------------

    def can_sign_in(self, account):
        proven = account["verified"] or self.rules["verification"] != "required"
        return self.status(account) == "ACTIVE" and proven and not self.is_expired(account)

    def sign_in(self, name, password, network):
        account = self.try_password(name, password, network)
        if account["status"] == "DISABLED":
            raise Refused("account_disabled")
        if self.rules["verification"] == "required" and not account["verified"]:
            raise Refused("email_not_verified")
        if self.is_expired(account):
            self.tickets[self.new_key()] = {"account": account["key"], "until": self.now + 5 * MINUTE, "used": False}
            raise Refused("password_expired")
        self.passed(account, name, network)
        self.unlock(account)
        key = self.new_key()
        lifetime = self.rules["refresh_ttl"] or self.rules["access_ttl"]
        self.sessions[key] = {"account": account["key"], "until": self.now + lifetime, "generation": 0}
        self.sessions[key] |= {"rotated": None, "access_until": self.now + self.rules["access_ttl"]}
        return key

    def is_live(self, key):
        return key in self.sessions and self.now < self.sessions[key]["until"]

    def authenticate(self, key):
        """Whose session it is, while it lives and its newest access token is good."""
        if not self.is_live(key) or self.now >= self.sessions[key]["access_until"]:
            raise Refused("token_invalid")
        account = self.accounts[self.sessions[key]["account"]]
        if account["status"] == "DISABLED":
            raise Refused("token_invalid")
        return account

    def refresh(self, key, generation):
        """The newest token is replaced, the one before is good for a grace, an older one ends the session."""
        if not self.is_live(key):
            raise Refused("token_invalid")
        session = self.sessions[key]
        account = self.accounts[session["account"]]
        if account["status"] == "DISABLED" or self.is_expired(account):
            raise Refused("token_invalid")
        if generation == session["generation"]:
            session |= {"generation": generation + 1, "rotated": self.now}
        elif generation < session["generation"] - 1 or self.now > session["rotated"] + self.rules["grace"]:
            del self.sessions[key]
            raise Refused("token_invalid")
        session["access_until"] = self.now + self.rules["access_ttl"]

    def end_sessions(self, account, but=None):
        own = [k for k, s in self.sessions.items() if s["account"] == account["key"] and k != but]
        for key in own:
            del self.sessions[key]

    def sign_out(self, key, other):
        account = self.authenticate(key)
        if other not in self.sessions or self.sessions[other]["account"] != account["key"]:
            raise Refused("not_found")
        del self.sessions[other]

    def sign_out_others(self, key):
        self.end_sessions(self.authenticate(key), but=key)


def names(account):
    """By which an account is found; mail goes to the first."""
    return [account[kind] for kind in ("email", "phone", "username") if account[kind]]
