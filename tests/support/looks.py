"""How a page may be looked at, and what is wrong with it then."""

from axe_playwright_python.sync_playwright import Axe

LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 640}},
    "right-to-left": {"locale": "ar"},
    "high-contrast": {"forced_colors": "active", "reduced_motion": "reduce"},
}
WEIGHT = 60_000


def faults(page):
    """What axe finds, in a line each."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def too_wide(page):
    """Whether one has to scroll sideways."""
    is_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return ["wider than the window"] if is_wide else []
