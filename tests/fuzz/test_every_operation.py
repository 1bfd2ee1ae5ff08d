"""Every operation of every profile's document, called with whatever fits the document and whatever does not.

`make fuzz` runs all of it in all roles. With fewer examples than that, an administrator calls everything in the
profile `modern`, and in the others what they have of their own.
"""

import os

import pytest

from doorward.cli.openapi import document
from support.crowd import Crowd
from support.fuzzing import Fuzz

PROFILES = ("modern", "signup-signin", "email-or-phone", "oauth2-password", "code-activation", "link-activation")
EXAMPLES = int(os.environ.get("TEST_FUZZ_EXAMPLES", "5"))
IS_FULL = EXAMPLES >= 100
ROLES = ("anonymous", "user", "admin") if IS_FULL else ("admin",)
# Hashing that costs nothing, no waiting between letters, and everything on that a profile leaves off by default.
ENV = {
    "DOORWARD_HASHING__MEMORY_KIB": "64",
    "DOORWARD_HASHING__TIME_COST": "1",
    "DOORWARD_HASHING__BCRYPT_COST": "4",
    "DOORWARD_VERIFICATION__RESEND_COOLDOWN": "",
    "DOORWARD_SESSION__ACCESS_TTL": "12h",
    "DOORWARD_SESSION__REFRESH_TTL": "1d",
    "DOORWARD_CLOSING__GRACE": "14d",
}
ENV |= {
    f"DOORWARD_LIMITS__{name}": "off"
    for name in ("REGISTER", "SIGN_IN", "VERIFY", "RESEND", "FORGOT", "RESET", "REFRESH", "DEFAULT")
}
# Without letters that can be answered, the routes that every profile has for verifying could never succeed.
LETTERS = {"DOORWARD_VERIFICATION__MODE": "optional"}
NEEDS = {
    **dict.fromkeys(("signup-signin", "email-or-phone", "oauth2-password"), LETTERS),
    "code-activation": {"DOORWARD_VERIFICATION__LINK": "on"},
}


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_every_operation_keeps_its_promises(profile, launch, capsys):
    """As a stranger, a user and an administrator: no finding, and each operation succeeds for somebody."""
    running = launch(profile, mode="dev", env=ENV | NEEDS.get(profile, {}))
    crowd = Crowd(running, profile)
    without = () if IS_FULL or profile == "modern" else shared_paths()
    outcomes = {role: Fuzz(running.url, crowd, role, examples=EXAMPLES, without=without).run() for role in ROLES}

    if IS_FULL:
        with capsys.disabled():
            print(table(profile, outcomes))
    found = {f"{role}: {finding}" for role in ROLES for finding in outcomes[role].findings.values()}
    assert not found, "\n\n".join(sorted(found))
    assert sorted(set(reached(outcomes, range(100, 600))) - set(reached(outcomes, range(200, 300)))) == []


def shared_paths():
    """What every profile has."""
    return [*document("modern")["paths"], "/dev/inbox/messages"]


def reached(outcomes, statuses):
    """The operations that answered with one of the statuses."""
    return [
        label
        for outcome in outcomes.values()
        for label, seen in outcome.statuses.items()
        if not label.startswith("(other)") and any(status in statuses for status in seen)
    ]


def table(profile, outcomes):
    """Operation by role: calls, 2xx, 4xx."""
    labels = sorted({label for outcome in outcomes.values() for label in outcome.statuses})
    lines = [f"\n{profile:<45}" + "".join(f"{role:>22}" for role in outcomes)]
    for label in labels:
        cells = []
        for outcome in outcomes.values():
            seen = outcome.statuses[label]
            good, bad = (sum(n for status, n in seen.items() if status // 100 == c) for c in (2, 4))
            cells.append(f"{sum(seen.values()):>8}{good:>7}{bad:>7}")
        lines.append(f"{label:<45}" + "".join(cells))
    return "\n".join(lines)
