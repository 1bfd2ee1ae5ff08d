"""What the contract says about each profile, as plain numbers; times are in milliseconds."""

SECOND = 1000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86400 * SECOND

PASSWORDS = tuple(f"Sound of {word} 1!" for word in ("Rain", "Wind", "Leaf", "Snow", "Hail", "Sand", "Tide"))
TOO_SHORT = "Short1!"
EMAILS = ("ada@example.com", "bob@example.com", "eve@example.org")
USERNAMES = ("lady.byron", "engine-driver")
PHONES = ("+4930901820", "+442079460000")
NETWORKS = ("at home", "in the café")

BASE = {
    "conceals": False,
    "phones": False,
    "verification": "off",
    "code_length": 6,
    "code_ttl": 10 * MINUTE,
    "has_link": True,
    "link_ttl": 24 * HOUR,
    "link_needs": "origin",
    "tries_per_code": 5,
    "tries_per_hour": 10,
    "letters_per_hour": 20,
    "cooldown": 30 * SECOND,
    "history": 0,
    "max_age": None,
    "locks": False,
    "max_failures": 5,
    "lock_ttl": None,
    "first_delay": 30 * SECOND,
    "max_delay": 15 * MINUTE,
    "reset_ttl": 1 * HOUR,
    "reset_requests": 3,
    "reset_window": 1 * HOUR,
    "access_ttl": 15 * MINUTE,
    "refresh_ttl": 30 * DAY,
    "grace": 10 * SECOND,
}
CODE = {"code_length": 4, "code_ttl": MINUTE}
RULES = {
    "modern": {**BASE, "conceals": True, "verification": "required", "history": 5},
    "signup-signin": {**BASE, "locks": True, "max_failures": 3},
    "email-or-phone": {
        **BASE,
        "phones": True,
        "max_age": 30 * DAY,
        "history": 24,
        "reset_ttl": 24 * HOUR,
        "reset_window": 24 * HOUR,
        "refresh_ttl": 1 * DAY,
    },
    "code-activation": {**BASE, **CODE, "verification": "required", "has_link": False},
    "link-activation": {
        **BASE,
        **CODE,
        "verification": "optional",
        "link_ttl": MINUTE,
        "link_needs": "code",
        "access_ttl": 30 * MINUTE,
        "refresh_ttl": None,
    },
}
# The same rules with numbers that a short run reaches, and with what no profile sets.
CHANGED = {
    "modern, few letters": ("modern", {"letters_per_hour": 4, "tries_per_hour": 6, "history": 2}),
    "locks for a while": ("signup-signin", {"lock_ttl": 15 * MINUTE, "max_failures": 2, "history": 1}),
    "code, few letters": ("code-activation", {"letters_per_hour": 3, "tries_per_hour": 6, "locks": True}),
}


def rules_of(name):
    """The rules of a profile, or of a changed one."""
    profile, changes = CHANGED.get(name, (name, {}))
    return profile, {**RULES[profile], **changes}, changes
