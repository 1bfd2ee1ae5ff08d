"""Reading pages as a browser would."""

import re

import httpx2


def action_of(http: httpx2.Client, page: str) -> str:
    """Where the form of a page is sent."""
    found = re.search(r'<form method="post" action="([^"]+)"', http.get(page).text)
    if found is None:
        raise AssertionError(f"{page} has no form")
    return found[1]
