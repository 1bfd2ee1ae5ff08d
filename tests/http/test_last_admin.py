"""The last administrator of a service stays one."""

import pytest


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("PATCH", "", {"role": "user"}), ("POST", "/disable", None), ("POST", "/lock", None), ("DELETE", "", None)],
)
def test_the_last_administrator_is_told_what_to_do_first(http, admin, method, path, body):
    """He is refused and keeps his rights."""
    own = http.get("/v1/me", headers=admin).json()["id"]

    answer = http.request(method, f"/v1/admin/users/{own}{path}", json=body, headers=admin)

    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    assert http.get("/v1/me", headers=admin).json()["role"] == "admin"


def test_with_another_one_he_may_go(http, admin, member):
    """What the refusal advises helps."""
    http.patch(f"/v1/admin/users/{member.id}", json={"role": "admin"}, headers=admin).raise_for_status()
    own = http.get("/v1/me", headers=admin).json()["id"]

    answer = http.patch(f"/v1/admin/users/{own}", json={"role": "user", "first_name": "Zoe"}, headers=admin)

    assert (answer.json()["role"], answer.json()["first_name"]) == ("user", "Zoe")
