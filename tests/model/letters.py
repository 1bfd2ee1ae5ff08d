"""The reference: letters, codes and links."""

from model.rules import DAY, HOUR


class Refused(Exception):
    """What is refused, by its code."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Letters:
    """What was written to whom, and what an answer to it is worth; challenges are in the order of their making."""

    def __init__(self, rules):
        self.rules = rules
        self.now = 0
        self.challenges = []
        self.outbox = []
        self.sent = []
        self.is_relay_up = True
        self.windows = {}

    def take(self, key, *, limit, window):
        """Count one within a window that begins with the first one; tell whether there was one left."""
        count, until = self.counted(key)
        if count >= limit:
            return False
        self.windows[key] = (count + 1, until or self.now + window)
        return True

    def counted(self, key):
        count, until = self.windows.get(key, (0, None))
        return (count, until) if until is not None and self.now < until else (0, None)

    def give_back(self, key):
        count, until = self.counted(key)
        self.windows[key] = (max(0, count - 1), until)

    # Writing ----------------------------------------------------------------------------------------------------------

    def begin(self, kind, purpose, subject, *, to):
        """A new challenge takes the place of the one before; its letter is sent within the address's hourly number."""
        rules = self.rules
        has_other_way = rules["has_link"] and rules["link_needs"] == "origin"
        if self.counted(("hour", to))[0] >= rules["tries_per_hour"] and not has_other_way:
            raise Refused("too_many_requests")
        if not self.take(("resend", subject), limit=1, window=rules["cooldown"]):
            raise Refused("too_many_requests")
        challenge = self.challenge(purpose, subject, to)
        if self.take(("letters", to), limit=rules["letters_per_hour"], window=HOUR):
            self.outbox.append({"kind": kind, "to": to, "challenge": challenge})

    def challenge(self, purpose, subject, to):
        made = {"purpose": purpose, "subject": subject, "target": to, "at": self.now, "sent": None, "used": False}
        made |= {"tries": 0, "code": None, "link": None, "kind": None}
        self.challenges.append(made)
        return made

    def latest(self, purpose, subject):
        found = [c for c in self.challenges if c["purpose"] == purpose and c["subject"] == subject]
        return found[-1] if found else None

    def deliver(self):
        """Hand over what waits; a letter whose challenge was answered or replaced has no cause any more."""
        sent = []
        while self.is_relay_up and self.outbox:
            intent = self.outbox.pop(0)
            if intent["kind"] == "look into":
                self.look_into(intent["name"])
            elif intent["challenge"] is None or self.has_cause(intent["challenge"]):
                sent.append(intent)
                if intent["challenge"] is not None:
                    intent["challenge"] |= {"sent": self.now, "kind": intent["kind"]}
        self.sent += sent
        return sent

    def has_cause(self, challenge):
        if challenge["used"] or challenge not in self.challenges:
            return False
        return challenge["purpose"] == "reset" or challenge is self.latest(challenge["purpose"], challenge["subject"])

    def look_into(self, name):
        raise NotImplementedError

    def use_all(self, subject, *purposes):
        for challenge in self.challenges:
            if challenge["subject"] == subject and challenge["purpose"] in purposes:
                challenge["used"] = True

    # Answering --------------------------------------------------------------------------------------------------------

    def prove(self, challenge, typed, *, address, can_succeed=True):
        """A code counts while it is the newest, unused and in time; a try is counted before it is compared."""
        if challenge is None or not self.takes_code(challenge):
            raise Refused("code_expired")
        left = self.count_try(challenge, address)
        if not can_succeed or challenge["sent"] is None or challenge["code"] is None or typed != challenge["code"]:
            raise Refused(f"code_incorrect, {left} left")
        self.forgive_try(challenge, address)

    def takes_code(self, challenge):
        if challenge["used"]:
            return False
        if challenge["sent"] is None:
            return self.now < challenge["at"] + 2 * DAY
        return self.now < challenge["sent"] + self.rules["code_ttl"]

    def takes_link(self, challenge):
        ttl = self.rules["reset_ttl" if challenge["purpose"] == "reset" else "link_ttl"]
        is_out = challenge in self.challenges and challenge["sent"] is not None and not challenge["used"]
        return is_out and self.now < challenge["sent"] + ttl

    def count_try(self, challenge, address):
        per_code, per_hour = self.rules["tries_per_code"], self.rules["tries_per_hour"]
        if challenge["tries"] >= per_code:
            raise Refused("code_expired")
        if not self.take(("hour", address), limit=per_hour, window=HOUR):
            raise Refused("too_many_requests")
        challenge["tries"] += 1
        return min(per_code - challenge["tries"], per_hour - self.counted(("hour", address))[0])

    def forgive_try(self, challenge, address):
        challenge["tries"] -= 1
        self.give_back(("hour", address))

    def linked(self, challenge):
        """The newest link leads somewhere, once and in time."""
        is_newest = challenge is self.latest(challenge["purpose"], challenge["subject"])
        if not is_newest or not self.takes_link(challenge):
            raise Refused("link_expired")
